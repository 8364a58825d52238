package datapath

import "callmanager/datapath/rounds"

// How senders come and go in the round of the transmit worker.
//
// A VC with a minimum takes its turns in two ranks: within its minimum before all best effort, and
// beyond it among the best effort, while the time of its minimum may come any moment. It then
// leaves its place among the best effort for a while, and has it again when it comes back.

// quota returns how many records may have been handled in a turn of the worker for a sender to be
// served in it: fewer if there is another of a better rank, which may have come meanwhile and is not
// to wait for more than a batch.
func (t *transmitter) quota(s *sender) int {
	if s.rank > t.census.Best() {
		return turnRecords
	}
	return turnBudget
}

// admit puts a sender into the round at the rank that its contract gives it. One that is there
// already, beyond its minimum, has its minimum again.
func (t *transmitter) admit(s *sender) {
	if s.Queued() {
		s.Leave()
	}
	if s.rank != s.home {
		s.move(s.home)
	}
	t.round.Push(s.rank, &s.Member)
}

// resume puts a sender whose turn was cut short back in front of its rank.
func (t *transmitter) resume(s *sender) {
	t.round.PushFront(s.rank, &s.Member)
	t.remind(s)
}

// again ends the turn of a sender that has more.
func (t *transmitter) again(s *sender) {
	s.deficit = min(s.deficit+turnOctets, deficitLimit)
	if s.rank == rounds.BestEffort {
		t.turns++
		s.place = t.behindAll()
	}
	t.round.Push(s.rank, &s.Member)
	t.remind(s)
}

// rest ends the turn of a sender that has to wait for its client or its time.
func (t *transmitter) rest(s *sender) {
	s.deficit, s.spare, s.place = turnOctets, turnOctets, nowhere
	if s.rank == rounds.BestEffort {
		t.turns++
	}
}

// demote has a sender go on among the best effort: where it was, if it has come from there.
func (t *transmitter) demote(s *sender) {
	s.move(rounds.BestEffort)
	switch {
	case s.place == nowhere:
		s.place = t.behindAll()
		t.round.Push(s.rank, &s.Member)
	case s.place <= t.turns: // Its turn has come meanwhile.
		t.round.PushFront(s.rank, &s.Member)
	default:
		t.round.Push(s.rank, &s.Member)
	}
	t.remind(s)
}

// setAside puts a sender whose next SDU is beyond its minimum, or finds no room on its link, where it
// goes on then, and reports whether it did.
func (t *transmitter) setAside(s *sender, now int64) bool {
	switch {
	case s.rank == rounds.Minimum && !s.minimum.Conforms(now, 0):
		t.demote(s)
	case s.rank != rounds.CBR && !s.line.open(now, s.rank):
		t.hold(s, now)
	default:
		return false
	}
	return true
}

// spend charges an SDU to the minimum and to the link.
func (s *sender) spend(now int64, cells, octets int) {
	if s.rank == rounds.Minimum {
		s.minimum.Fill(now, cells)
	}
	s.line.Fill(now, octets)
}

// nowhere is no place among the best effort.
const nowhere = -1

// behindAll returns the place behind all of the best effort, as the number of turns to be over
// before.
func (t *transmitter) behindAll() int { return t.turns + t.round.Len(rounds.BestEffort) }

// remind has a sender that is beyond its minimum come back for it in time.
func (t *transmitter) remind(s *sender) {
	if s.rank != s.home {
		t.timed.Push(&s.Member, s.minimum.Ready(0))
	}
}

// move changes the rank of a sender that is in no queue. It has a deficit in each.
func (s *sender) move(to rounds.Rank) {
	s.rank = to
	s.deficit, s.spare = s.spare, s.deficit
}
