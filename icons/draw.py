# Draws icons/*.svg: the app's mark and the tray's states. The mark is a turnpike: a post and a barrier arm; raised when
# requests pass, lowered when none does.
import pathlib, sys
here = pathlib.Path(sys.argv[1])
AMBER, RED, GREEN = "#D9820A", "#D5473B", "#2F9E57"
def mark(ink, arm, angle, badge=None, ring=None):
    parts = [f'<rect x="4" y="8" width="4.4" height="12.2" rx="1.6" fill="{ink}"/>',
             f'<g transform="rotate({angle} 6.2 9.4)"><rect x="4.4" y="7.4" width="16.2" height="4" rx="2" fill="{arm}"/>',
             f'<rect x="11.2" y="7.4" width="2.6" height="4" fill="{ring or "#00000055"}"/></g>']
    if badge:
        parts.append(badge)
    return '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 22 22">' + "".join(parts) + "</svg>\n"
def dot(colour, sign=""):
    return f'<circle cx="16.4" cy="16.4" r="4.6" fill="{colour}"/>' + sign
BANG = '<rect x="15.7" y="13.6" width="1.5" height="3.6" rx=".7" fill="#fff"/><circle cx="16.45" cy="18.6" r=".95" fill="#fff"/>'
CROSS = '<path d="M14.7 14.7l3.4 3.4m0-3.4l-3.4 3.4" stroke="#fff" stroke-width="1.5" stroke-linecap="round"/>'
for panel, ink in (("dark", "#F4F2EE"), ("light", "#22262A")):
    gap = "#22262A66" if panel == "dark" else "#FFFFFF88"
    faint = "#A9A6A0" if panel == "dark" else "#7A7E82"
    states = {
        "stopped": mark(faint, faint, 0, ring=gap),
        "running": mark(ink, ink, -38, ring=gap),
        "busy": mark(ink, AMBER, -38, dot(GREEN), ring=gap),
        "limited": mark(ink, AMBER, -38, dot(AMBER, BANG), ring=gap),
        "error": mark(ink, ink, 0, dot(RED, CROSS), ring=gap),
    }
    for name, svg in states.items():
        (here / "tray" / f"{panel}-{name}.svg").write_text(svg)
(here / "app.svg").write_text(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 128 128"><rect x="6" y="6" width="116" height="116" rx="26" fill="#16181A"/>'
    '<rect x="30" y="54" width="16" height="50" rx="5" fill="#FAF9F7"/>'
    f'<g transform="rotate(-34 38 62)"><rect x="31" y="54" width="78" height="16" rx="8" fill="{AMBER}"/>'
    '<rect x="58" y="54" width="11" height="16" fill="#16181A"/><rect x="82" y="54" width="11" height="16" fill="#16181A"/></g></svg>\n')
