-- Changes of owner by their transactions: every store asks again and again for those since it asked last.
CREATE INDEX event_fence ON event (tx) WHERE kind = 1;
