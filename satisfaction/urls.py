"""Addresses of satisfaction."""

from django.urls import path

from satisfaction.views import indicators, items, loop, questionnaires

app_name = "satisfaction"
urlpatterns = [
    # --- questionnaires and the indicator tree
    path("questionnaires/", questionnaires.questionnaire_list, name="questionnaires"),
    path("questionnaires/new/", questionnaires.questionnaire_new, name="questionnaire-new"),
    path(
        "questionnaires/library/<slug:code>/",
        questionnaires.questionnaire_from_library,
        name="library",
    ),
    path("questionnaires/<int:pk>/", questionnaires.questionnaire_detail, name="questionnaire"),
    path(
        "questionnaires/<int:pk>/edit/",
        questionnaires.questionnaire_edit,
        name="questionnaire-edit",
    ),
    path("questionnaires/<int:pk>/versions/new/", questionnaires.version_new, name="version-new"),
    path("questionnaires/<int:pk>/texts/", questionnaires.version_texts, name="version-texts"),
    path("questionnaires/<int:pk>/sections/new/", items.section_new, name="section-new"),
    path("questionnaires/<int:pk>/sections/<int:section_pk>/", items.section_edit, name="section"),
    path(
        "questionnaires/<int:pk>/sections/<int:section_pk>/remove/",
        items.section_remove,
        name="section-remove",
    ),
    path(
        "questionnaires/<int:pk>/sections/<int:section_pk>/move/",
        items.section_move,
        name="section-move",
    ),
    path("questionnaires/<int:pk>/items/new/", items.item_new, name="item-new"),
    path("questionnaires/<int:pk>/items/<int:item_pk>/", items.item_edit, name="item"),
    path(
        "questionnaires/<int:pk>/items/<int:item_pk>/remove/", items.item_remove, name="item-remove"
    ),
    path("questionnaires/<int:pk>/items/<int:item_pk>/move/", items.item_move, name="item-move"),
    path("indicators/", indicators.indicator_tree, name="indicators"),
    path("indicators/weights/", indicators.indicator_weights, name="indicator-weights"),
    path("indicators/start/", indicators.indicator_start, name="indicator-start"),
    path("indicators/new/", indicators.indicator_new, name="indicator-new"),
    path("indicators/<int:pk>/", indicators.indicator_edit, name="indicator"),
    path("indicators/<int:pk>/move/", indicators.indicator_move, name="indicator-move"),
    # --- the closed loop and ratings after cases
    path("loop/", loop.loop, name="loop"),
    path("loop/<int:pk>/case/", loop.loop_case, name="loop-case"),
    path("ratings/", loop.ratings, name="ratings"),
]
