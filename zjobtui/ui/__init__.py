"""The screen: the only package that imports Textual.

- Nothing jumps: the column of the scrollbar is always reserved, the filter input is above the key bar, and a toast
  covers the bottom border and replaces the one before.
- While nothing changes the screen sends only ages and the rate of calls: a tick checks for each visible row whether
  its age has changed, and `LineListView` draws only the cells that differ.
- Filtering and sorting are incremental (`list_model.py`): sort keys and matches are cached by identity, and computed
  again only for jobs that were replaced, or if the filter depends on time.
- The key bar, the tabs and the split view are our own, on public interfaces. Textual's `Footer` has a widget for each
  key (a dozen take a tenth of the startup time) and scrolls if the keys do not fit, which hides help and quit. Its
  `Tabs` takes two lines and cannot shorten names; at 30x8 the detail has five lines in all. The arrangement of the
  panes depends on width and height together, and the divider leaves 30 columns or 5 lines to each pane.
- A view of the detail is built when it is shown, and raw JSON is coloured row by row as it is drawn: 256 kB open in 40
  ms.
- ASCII output is a filter on the lines that Textual is about to send (`terminal_app.py`), so widgets need not care.
- A theme is a row of colours by purpose (`themes.py`); tests compute the contrast of every letter on the screen.
- The catalogue of actions calls what each of them does (`actions.py`), so mypy finds a method that does not exist. A
  key that is already used is refused, so that every action has a key.
- Figures of the status bar are kept until they differ by 5 %, and room for longer ones is reserved.
- Signals and the loss of the terminal are handled outside of the event loop (`terminal_guard.py`), which may be
  blocked while writing to a terminal that is not read.
- Objects that exist when the screen starts are frozen for the garbage collector: with 5,000 jobs a full collection
  took 100 ms.
- The first start is a separate application (`onboarding.py`) that is not imported if a tenant is configured.
"""
