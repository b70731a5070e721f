"""One learner in one class: the state machine, the journal, the earned and counted seconds."""
