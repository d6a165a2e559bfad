from app.shell.page import serve
from lessons.gated_cec.model import GatedCEC
from lessons.gated_cec.view import GatedCECView

serve(GatedCEC, GatedCECView)
