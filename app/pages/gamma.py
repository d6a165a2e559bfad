from app.shell.page import serve
from lessons.gamma.model import Gamma
from lessons.gamma.view import GammaView

serve(Gamma, GammaView)
