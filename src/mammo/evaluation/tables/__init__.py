"""From a table of scores, whoever made it, to tables of results.

A table of scores has one row an image and model: ``dataset``, ``model``, ``split``, ``patient_id``,
``image_id``, ``y_true``, ``y_score``, and columns of facts about the image where there are any. A
model's internal set has the split "validation", an external one "test".
"""
