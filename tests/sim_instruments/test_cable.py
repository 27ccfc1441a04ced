"""The cable in front of a served instrument."""

import selectors
import socket
import threading

from sim_instruments.cable import Cable

CONNECTIONS = 300


def heard_by(instrument, heard):
    """Read as the server of a rig does: all that is ready, in one thread, until all connections ended."""
    ended = 0
    with selectors.DefaultSelector() as ready:
        ready.register(instrument, selectors.EVENT_READ)
        while ended < CONNECTIONS:
            for key, _ in ready.select():
                if key.fileobj is instrument:
                    ready.register(instrument.accept()[0], selectors.EVENT_READ)
                elif data := key.fileobj.recv(100):
                    heard.append(data)
                else:
                    ready.unregister(key.fileobj)
                    key.fileobj.close()
                    ended += 1


def test_what_one_connection_sent_arrives_before_what_a_later_one_sends():
    """An instrument that is connected to again must not hear the end of the first talk in the second."""
    heard = []
    with socket.create_server(("127.0.0.1", 0)) as instrument:
        cable = Cable(instrument.getsockname()[1])
        listening = threading.Thread(target=heard_by, args=(instrument, heard))
        listening.start()
        sent = [b"%d\n" % number for number in range(CONNECTIONS)]
        for message in sent:
            with socket.create_connection(("127.0.0.1", cable.port)) as client:
                client.sendall(message)
        listening.join(30)
        cable.close()
    assert b"".join(heard) == b"".join(sent)
