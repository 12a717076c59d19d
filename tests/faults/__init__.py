"""The fault lab: real processes are killed, servers restarted, clocks turned. docs/jobs.md."""
