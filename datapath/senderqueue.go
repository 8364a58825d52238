package datapath

// A senderQueue is a list of senders in order. A sender is in one queue at most.
type senderQueue struct {
	head, tail *sender
	n          int
}

// push appends a sender that is in no queue.
func (q *senderQueue) push(s *sender) {
	s.queue, s.prev, s.next = q, q.tail, nil
	if q.tail != nil {
		q.tail.next = s
	} else {
		q.head = s
	}
	q.tail = s
	q.n++
}

// pop takes the first sender off, or returns nil.
func (q *senderQueue) pop() *sender {
	s := q.head
	if s != nil {
		q.remove(s)
	}
	return s
}

// unpop puts a sender that is in no queue in front of all.
func (q *senderQueue) unpop(s *sender) {
	s.queue, s.prev, s.next = q, nil, q.head
	if q.head != nil {
		q.head.prev = s
	} else {
		q.tail = s
	}
	q.head = s
	q.n++
}

// remove takes a sender of this queue out.
func (q *senderQueue) remove(s *sender) {
	if s.prev != nil {
		s.prev.next = s.next
	} else {
		q.head = s.next
	}
	if s.next != nil {
		s.next.prev = s.prev
	} else {
		q.tail = s.prev
	}
	s.queue, s.prev, s.next = nil, nil, nil
	q.n--
}

// A timerHeap orders senders by the time when they go on.
type timerHeap []*sender

// push adds a sender that is not in the heap.
func (h *timerHeap) push(s *sender, due int64) {
	s.due = due
	*h = append(*h, s)
	h.up(len(*h)-1, s)
}

// expire takes the first sender out if it is due, or returns nil.
func (h *timerHeap) expire(now int64) *sender {
	if len(*h) == 0 || (*h)[0].due > now {
		return nil
	}
	s := (*h)[0]
	h.remove(s)
	return s
}

// next returns when the first sender is due, or never.
func (h *timerHeap) next() int64 {
	if len(*h) == 0 {
		return never
	}
	return (*h)[0].due
}

// remove takes a sender out of the heap.
func (h *timerHeap) remove(s *sender) {
	i, last := s.timer, len(*h)-1
	moved := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	s.timer = -1
	if moved == s {
		return
	}
	h.down(i, moved)
	h.up(moved.timer, moved)
}

// up puts a sender at place i or nearer to the top.
func (h *timerHeap) up(i int, s *sender) {
	for i > 0 {
		parent := (i - 1) / 2
		if (*h)[parent].due <= s.due {
			break
		}
		h.place(i, (*h)[parent])
		i = parent
	}
	h.place(i, s)
}

// down puts a sender at place i or further from the top.
func (h *timerHeap) down(i int, s *sender) {
	for {
		child := 2*i + 1
		if child >= len(*h) {
			break
		}
		if child+1 < len(*h) && (*h)[child+1].due < (*h)[child].due {
			child++
		}
		if s.due <= (*h)[child].due {
			break
		}
		h.place(i, (*h)[child])
		i = child
	}
	h.place(i, s)
}

func (h *timerHeap) place(i int, s *sender) {
	(*h)[i] = s
	s.timer = i
}
