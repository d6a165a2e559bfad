"""The one model that a session has, through which page and server talk: what to show, and what the reader asked for.

Figures, controls and HTML are in the page already; the page writes `request` and reads `frame`, both JSON
(`app.shell.contract`). A Bokeh DataModel needs no compiled extension and costs one property change per event.
"""

from bokeh.core.properties import String
from bokeh.model import DataModel


class Bridge(DataModel):
    frame = String("{}", help="server to browser: what is shown, as far as it has changed (JSON)")
    request = String("", help="browser to server: a list of the reader's requests (JSON)")
    download = String("", help="server to browser: a file to save (JSON with id, name, type, text and binary)")
    code = String("", help="server to browser: a QR code (JSON with id, the text and an SVG)")
