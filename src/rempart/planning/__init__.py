"""How long a hotline's queue becomes: a discrete-event model of intake, analysts and second looks."""
