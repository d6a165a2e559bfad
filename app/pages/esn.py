from app.shell.page import serve
from lessons.esn.model import Esn
from lessons.esn.view import EsnView

serve(Esn, EsnView)
