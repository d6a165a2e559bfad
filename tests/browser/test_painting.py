"""What a picture costs the browser besides drawing it."""

# Painting asks Bokeh's visuals for colours; `asked` counts how often one of them asks the stylesheets.
COUNT = """async () => {
  const own = CSSStyleDeclaration.prototype.getPropertyValue
  let asked = 0
  CSSStyleDeclaration.prototype.getPropertyValue = function (name) {
    asked += name.startsWith("--bk-")
    return own.call(this, name)
  }
  unrolled.ask("cursor", {t: 3})
  unrolled.ask("set", {values: {w: 0.9}})
  await new Promise(go => setTimeout(go, 600))
  CSSStyleDeclaration.prototype.getPropertyValue = own
  return asked
}"""


def test_plots_are_painted_without_asking_the_stylesheets(reader):
    page = reader("gated_cec")
    before = page.columns()["c"]
    assert page.page.evaluate(COUNT) == 0
    assert page.columns()["c"] != before
