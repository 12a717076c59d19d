"""Reports: dashboards, analysis, scheduled reports; reads everyone, imported by no one."""
