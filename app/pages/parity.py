from app.shell.page import serve
from lessons.parity.model import Parity
from lessons.parity.view import ParityView

serve(Parity, ParityView)
