"""Looking at a rig from elsewhere: Datasette over the live file, with pages drawn from the read model.

1. Nothing writes into the results file but one request, to make safe, which needs a token of its own.
2. Every request is judged before anything else sees it (`labctl.web.gate`): host, origin, method, token.
3. A page asks for nothing from elsewhere, and is computed once for all who ask at the same time.
"""
