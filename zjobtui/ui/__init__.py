"""The screen: the only package that imports Textual.

- Nothing jumps: the column of the scrollbar is always kept free, the filter stands above the keys, and messages lie
  on the last border, in place of the message before.
- While nothing happens the screen sends nothing. A tick asks of each row only whether its time reads differently.
- Of a watchlist that follows another only what differs is compared (`list_model.py`): keys and matches are kept by
  identity, and a filter is evaluated again only for changed jobs, or if time has a part in it.
- The footer, the tabs and the layout of the two panes are ours, on the public interface. Textual's `Footer` is a
  widget for each key (a dozen cost a tenth of the start), and scrolls if the keys do not fit, so that help and quit
  are out of sight. Its `Tabs` takes two lines and cannot shorten its names; at 30x8 the detail has five lines in all.
  Which arrangement of the panes fits depends on width and height together, and the divider keeps 30 columns or 5
  lines.
- A view of the detail is made when it is shown, and raw JSON is coloured row by row as it is drawn: 256 kB open in 40
  ms.
- ASCII is a filter on the lines that Textual is about to send (`ascii_filter.py`), so that no widget need know of it.
- A theme is a row of colours by meaning (`themes.py`); tests compute the contrast of every letter on the screen.
- An action has an id for the settings apart from Textual's action string; a key that is already taken is refused, so
  that no action is out of reach.
- Figures of the status bar are held until they differ by 5 %, and room for longer ones is kept free.
- Signals and the loss of the terminal are handled outside of the loop (`terminal_guard.py`), since the loop may be
  blocked writing to a terminal that nobody reads.
- What exists when the screen begins is frozen for the garbage collector: with 5,000 jobs a full collection took 100
  ms.
- The first start is an application of its own (`onboarding.py`), of which nothing is loaded if a tenant is
  configured.
"""
