"""The one model through which page and server talk beside the sliders: what to show, and what the reader asked for.

Plain HTML in the page's template does what needs no server (tabs, player, theme, quiz); it reads `frame` and writes
`request`, both JSON. A Bokeh DataModel needs no compiled extension and costs one property change per event.
"""

from bokeh.core.properties import String
from bokeh.model import DataModel


class Bridge(DataModel):
    frame = String("{}", help="server to browser: live values, numbers, sentence, notices, tasks, query (JSON)")
    request = String("", help="browser to server: one action of the reader (JSON)")
    download = String("", help="server to browser: a file to save (JSON with name, type and text)")
