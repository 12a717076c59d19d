"""Addresses of satisfaction."""

from django.urls import path

from satisfaction.views import asking, plans, sample, waves

app_name = "satisfaction"
urlpatterns = [
    # --- waves: annual plan, cockpit, sample, asking
    path("plans/", plans.plan_list, name="plans"),
    path("plans/new/", plans.plan_new, name="plan-new"),
    path("plans/<int:pk>/", plans.plan_detail, name="plan"),
    path("plans/<int:pk>/edit/", plans.plan_edit, name="plan-edit"),
    path("plans/<int:pk>/remove/", plans.plan_remove, name="plan-remove"),
    path("plans/<int:pk>/wave/", plans.plan_wave, name="plan-wave"),
    path("waves/", waves.wave_list, name="waves"),
    path("waves/new/", waves.wave_new, name="wave-new"),
    path("waves/<str:code>/", waves.wave_detail, name="wave"),
    path("waves/<str:code>/edit/", waves.wave_edit, name="wave-edit"),
    path("waves/<str:code>/open/", asking.wave_open, name="wave-open"),
    path("waves/<str:code>/close/", asking.wave_close, name="wave-close"),
    path("waves/<str:code>/non-response/", sample.nonresponse, name="wave-nonresponse"),
    path("waves/<str:code>/sample/", sample.sample_page, name="sample"),
    path("waves/<str:code>/sample/allocate/", sample.quotas_allocate, name="quotas-allocate"),
    path("waves/<str:code>/sample/quotas/", sample.quotas_save, name="quotas-save"),
    path("waves/<str:code>/sample/draw/", sample.sample_draw, name="sample-draw"),
    path("waves/<str:code>/sample/replace/", sample.sample_replace, name="sample-replace"),
    path("waves/<str:code>/asking/", asking.asking_page, name="asking"),
    path("waves/<str:code>/asking/<slug:act>/", asking.asking_start, name="asking-start"),
    path("waves/<str:code>/links/<slug:act>/new/", asking.file_new, name="links-new"),
    path("waves/<str:code>/links/<int:pk>/", asking.file_detail, name="wave-file"),
    path("waves/<str:code>/links/<int:pk>/content/", asking.file_content, name="wave-file-content"),
]
