# labctl with a simulated rig, for trying it and for CI. It reaches no instrument: that needs the host's devices.
#   docker build -t labctl . && docker run --rm -v "$PWD/demo:/work/demo" labctl demo
FROM python:3.11-slim
COPY pyproject.toml README.md LICENSE /source/
COPY labctl /source/labctl
COPY drivers /source/drivers
COPY procedures /source/procedures
COPY sim_instruments /source/sim_instruments
RUN pip install --no-cache-dir "/source[report,export]" \
    && useradd --create-home --uid 1000 rig \
    && mkdir /work \
    && chown rig /work
USER 1000
WORKDIR /work
ENV MPLBACKEND=Agg
ENTRYPOINT ["labctl"]
CMD ["--help"]
