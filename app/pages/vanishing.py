from app.shell.page import serve
from lessons.vanishing.model import Vanishing
from lessons.vanishing.view import VanishingView

serve(Vanishing, VanishingView)
