"""The tests mirror the apps; tests/journeys click in a real browser, tests/bench measures."""
