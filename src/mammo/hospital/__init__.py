"""A hospital's own images, or scores of them: checked, validated, compared, adapted to."""
