package rounds

// A Round holds those that are to be served, those of a rank in their order. The zero value is empty. It is not to
// be copied.
type Round[T any] struct {
	queues [NumRanks]Queue[T]
}

// Push appends a member that is in no queue to those of a rank.
func (r *Round[T]) Push(at Rank, m *Member[T]) { r.queues[at].Push(m) }

// PushFront puts a member that is in no queue in front of those of a rank.
func (r *Round[T]) PushFront(at Rank, m *Member[T]) { r.queues[at].PushFront(m) }

// First returns the one whose turn it is, or nil.
func (r *Round[T]) First() *T {
	for i := range r.queues {
		if m := r.queues[i].head; m != nil {
			return m.of
		}
	}
	return nil
}

// Has reports whether a member is in the round, at a rank.
func (r *Round[T]) Has(at Rank, m *Member[T]) bool { return m.queue == &r.queues[at] }

// Len returns how many there are of a rank.
func (r *Round[T]) Len(at Rank) int { return r.queues[at].n }
