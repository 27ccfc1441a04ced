"""The tabs of the window: each draws the runs it is shown, and draws again only what changed."""
