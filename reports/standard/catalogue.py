"""Every standard report, in the order in which the rules name them."""

from reports.standard import cases, clients, money, people, project, service, visits

STANDARDS = {
    module.REPORT.key: module.REPORT
    for module in (cases, people, money, visits, project, clients, service)
}
