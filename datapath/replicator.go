package datapath

import (
	"fmt"

	"callmanager/datapath/drop"
	"callmanager/datapath/ring"
	"callmanager/datapath/rounds"
	"callmanager/vc"
)

// A replicator takes the SDUs of the root of a point-to-multipoint call out of its client's ring and hands a
// copy of each to every branch. Each branch has a queue, and sends from there as any VC does from its ring: by its
// contract, in its rank, within the capacity of its link, and with whatever worker it is.
//
//	                            ┌─ feed ─▶ queue ─▶ sender ─▶ outlet of one link
//	client's ring ─▶ replicator ┤
//	                            └─ feed ─▶ queue ─▶ sender ─▶ outlet of another
//
// An SDU leaves the ring, no faster than the contract has it, when each branch has its copy or has counted it as
// lost. Where the links carry the contract the queues are nearly empty, and a queue is what its branch may fall
// behind for a while, because its port was busy. While one is behind by more than half of its queue, the VC goes at
// half its rate, so that it catches up within its contract: a branch that carries half of it loses nothing.
//
// Where a link carries less a queue fills up. An SDU waits for a branch without room only while every other has more
// than half of its queue still to send, so waiting costs the others nothing: the fastest branch sets the pace. Then
// it goes to those that have room, and the others lose theirs (TxBehind). So one whose link is down loses what comes
// once its queue is full, and costs the others nothing more.
//
// It has a sender that stands for it in the queues of a worker, that of the VC's first branch. What follows
// belongs to that worker.
type replicator struct {
	source *sender
	feeds  []*feed
	last   ring.Record // The latest record that was handed on.
	taken  uint64      // Records handed on since the last publication,
	octets uint64      // and their payload.
	cells  int         // What they were charged.
	waits  bool        // For room in a queue.
	lags   bool        // One of the branches has fallen behind, and can catch up.
}

// A feed is what leads from a replicator to a branch. Its counters may be read by anybody; the rest of it belongs to
// the replicator's worker.
type feed struct {
	from *replicator
	to   *sender
	in   *ring.Producer
	mem  []byte // Room for the copy at hand, or nil.

	behind bool     // It has lost a copy, and its queue has not been half empty since.
	gone   bool     // It gets no more.
	drains []*drain // To be handed to its sender when it has got what was in the ring at the first of them:
	left   int      // octets of the ring.

	offered sentCount // SDUs that it was to get since it was attached, and those since the last publication.
	sums    circuitSent
}

// A bell wakes somebody in a worker.
type bell struct {
	t    *transmitter
	wake func()
}

// Ring does so. A worker that is gone has nobody to wake.
func (b *bell) Ring() {
	if !b.t.stopped.Load() {
		b.t.box.Post(b.wake)
	}
}

// wakes returns what has a sender served that has nothing to do or waits for room.
func (t *transmitter) wakes(s *sender) *bell {
	return &bell{t, func() {
		if s.opened && !s.Queued() && !s.Timed() {
			t.admit(s)
		}
	}}
}

// replicateTo makes the feed of a new branch, and the VC's replicator with the first. The engine's lock is held.
func (c *circuit) replicateTo(b *branch, spec *vc.BranchSpec) error {
	s := b.sender
	r := c.copies
	if r == nil {
		r = newReplicator(s, spec)
	}
	t, home := s.out.worker, r.source.out.worker
	daemon, client, err := ring.New(ring.Params{ToDaemon: vc.QueueBytes(spec.Send), ToClient: ring.MinSize}, t.wakes(s), home.wakes(r.source))
	if err != nil {
		return fmt.Errorf("make the queue of a branch: %w", err)
	}
	f := &feed{from: r, to: s, in: client.Tx}
	s.feed, s.rx, s.sums = f, daemon.Rx, &f.sums
	c.copies = r
	return nil
}

// newReplicator makes one whose first branch has a sender. It is with that one's worker for good.
func newReplicator(first *sender, spec *vc.BranchSpec) *replicator {
	r := new(replicator)
	s := &sender{
		b: first.b, c: first.c, rx: first.rx, sums: first.sums, out: first.out, line: first.line, count: first.count,
		copies: r, place: nowhere,
	}
	s.Member = rounds.MemberOf(s)
	s.setFlow(spec.Category, spec.Send)
	s.rank = s.home
	r.source = s
	return r
}

// replicate gives a replicator its turn, of so many records at most, and returns how many it handled.
func (t *transmitter) replicate(s *sender, now int64, most int) (handled int) {
	r := s.copies
	r.waits = false
	r.look()
	wire := s.b.link.framing.Load()
	for handled < most {
		if s.c.poisoned.Load() || !s.peek() {
			r.publish(now)
			t.endFeeds(r, true) // Whatever was in the ring has been handed on.
			if s.opened {
				t.ranEmpty(s)
			}
			return handled
		}
		if why := r.judge(); why != drop.Sent {
			r.skip(why)
			handled++
			continue
		}
		if !s.pace.Conforms(now) {
			r.publish(now)
			t.endFeeds(r, false)
			if s.opened {
				t.rest(s)
				t.timed.Push(&s.Member, s.pace.Ready())
			}
			return handled
		}
		if !r.reserve() {
			r.publish(now)
			if t.rest(s); r.arm() {
				t.admit(s)
			} else {
				r.waits = true
			}
			return handled
		}
		n := wire.Octets(len(s.held.Payload))
		if s.deficit < n {
			break // It is the turn of those that send what is in the queues.
		}
		s.deficit -= n
		handled++
		r.copy()
	}
	r.publish(now)
	t.endFeeds(r, false)
	if s.opened {
		t.again(s)
	}
	return handled
}

// look finds out whether a branch lags: one that loses copies is not waited for.
func (r *replicator) look() {
	r.lags = false
	for _, f := range r.feeds {
		full := !f.hungry()
		f.behind = f.behind && full
		r.lags = r.lags || full && !f.behind
	}
}

// judge says whether the held record is anything to send. What a link cannot carry its branch finds out.
func (r *replicator) judge() drop.Tx {
	switch n := len(r.source.held.Payload); {
	case n == 0:
		return drop.TxEmptySDU
	case n > r.source.maxSDU:
		return drop.TxOversize
	}
	return drop.Sent
}

// skip drops the held record for all branches.
func (r *replicator) skip(why drop.Tx) {
	s := r.source
	s.sums.dropped.Add(1)
	s.rx.CountDrops(1, uint64(len(s.held.Payload)))
	for _, f := range r.feeds {
		f.offered.n++
		f.drop(why)
	}
	r.consume()
}

// consume takes the held record off.
func (r *replicator) consume() {
	s := r.source
	n := recordOctets(len(s.held.Payload))
	for _, f := range r.feeds {
		f.left -= n
	}
	r.last = s.held
	s.consume()
}

// reserve finds room for the held record. It reports false if the record is to wait.
func (r *replicator) reserve() bool {
	n, full, idle := len(r.source.held.Payload), false, false
	for _, f := range r.feeds {
		mem, ok := f.in.Reserve(n)
		if f.mem = mem; !ok {
			f.mem, full = nil, true
		}
	}
	if !full {
		return true
	}
	for _, f := range r.feeds {
		idle = idle || f.hungry()
	}
	return idle
}

// hungry reports whether half of the queue is free.
func (f *feed) hungry() bool { return 2*f.in.Space() >= f.in.Size() }

// arm has each queue ring when half of it is free. It reports whether one is already.
func (r *replicator) arm() (ready bool) {
	for _, f := range r.feeds {
		f.in.Arm(f.in.MaxPayload()) // If that has room already, it is hungry.
		ready = ready || f.hungry()
	}
	return ready
}

// copy hands the held record to the branches that have room. The others lose it.
func (r *replicator) copy() {
	s, taken := r.source, false
	for _, f := range r.feeds {
		f.offered.n++
		if f.mem == nil {
			f.drop(drop.TxBehind)
			f.behind = true
			continue
		}
		copy(f.mem, s.held.Payload)
		f.in.Commit(s.held.Meta)
		f.mem, taken = nil, true
	}
	if taken {
		r.taken++
		r.octets += uint64(len(s.held.Payload))
	} else {
		s.sums.dropped.Add(1)
		s.rx.CountDrops(1, uint64(len(s.held.Payload)))
	}
	r.charge(s.flow.Charge(len(s.held.Payload)))
	r.consume()
}

// charge charges the cells of an SDU to the contract, twice while a branch lags.
func (r *replicator) charge(cells int) {
	if r.lags {
		cells *= 2
	}
	r.cells += cells
	r.source.pace.Charge(cells)
}

// drop counts an SDU that a branch does not get.
func (f *feed) drop(why drop.Tx) {
	f.sums.dropped.Add(1)
	f.to.count.Drops[why].Add(1)
}

// publish shows the branches their copies, and gives the memory of the records back to the client.
func (r *replicator) publish(now int64) {
	s := r.source
	for _, f := range r.feeds {
		f.in.Flush()
		f.offered.add()
	}
	if r.last.Payload != nil {
		s.rx.ReleaseThrough(&r.last)
		r.last = ring.Record{}
	}
	s.sums.sdus.Add(r.taken)
	s.sums.octets.Add(r.octets)
	s.pace.Land(now, r.cells)
	r.taken, r.octets, r.cells = 0, 0, 0
}
