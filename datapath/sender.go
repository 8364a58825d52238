package datapath

import (
	"errors"
	"time"

	"callmanager/datapath/drop"
	"callmanager/datapath/frame"
	"callmanager/datapath/gcra"
	"callmanager/datapath/ring"
	"callmanager/datapath/rounds"
	"callmanager/datapath/tally"
	"callmanager/nicio"
	"callmanager/vc"
)

const (
	// headLen is what a frame has in front of its SDU, in octets.
	headLen = nicio.HeaderLen + frame.HeadLen
	// turnOctets is what a VC may add to the octets that it sends in one turn of the round (deficit
	// round robin).
	turnOctets = 16 << 10
	// turnRecords bounds the records of a VC that are handled at a time. It is a batch.
	turnRecords = nicio.BatchSize
	// minimumTolerance is for how long a VC with a minimum may be behind it, because its port was
	// busy with frames of others, and catch up. It is what a full batch takes at 8 Mbit/s.
	minimumTolerance = 100 * time.Millisecond
)

// BurstTolerance is how far a VC may run ahead of its rates: [gcra.BurstTolerance].
const BurstTolerance = gcra.BurstTolerance

// A sender is the transmit side of a branch. It belongs to the transmit worker of its outlet, which finds it in
// one place at a time: in the round, asleep until its client rings, waiting for its time or for its
// port. Only while it takes turns beyond its minimum it waits for the time of its minimum as well.
type sender struct {
	b    *branch
	c    *circuit
	rx   *ring.Consumer // Where it takes SDUs from: the client's ring, or the queue of a feed.
	sums *circuitSent   // What it counts beside its link.
	out  *outlet
	line *line
	// count is where on the link the worker counts.
	count *tally.Sent
	flow  vc.Flow
	pace  gcra.Pace
	// rank is where it takes its turns now, home where its contract has it take them at first.
	rank, home rounds.Rank

	copies *replicator // It hands copies to the feeds of a VC and sends no frames; nil almost always.
	feed   *feed       // It sends what a replicator hands to it; nil almost always.

	number *frame.Numbering // own, but for a permanent branch: that of its channel.
	own    frame.Numbering
	entry  frame.Entry
	maxSDU int

	opened  bool // Between open and stop.
	busy    bool // It had records since it slept last.
	polled  bool // Its doorbell is in the poll set.
	tag     uint64
	deficit int // Octets that it may still send in this turn.

	held   ring.Record // Handed out by the ring and waiting for its time.
	has    bool
	at     int         // Octets of it that are in frames already.
	flying int         // Frames in the port's batch.
	skips  skips       // Records dropped since the last one that is flying; not released yet.
	last   ring.Record // The latest of those.

	taken        uint64 // What the port had taken when it took the latest frame.
	touched      bool   // Frames have been consumed since the last release.
	sent         *slot  // The latest of them that ended a record; nil if none did.
	sdus, octets uint64
	lost         uint64 // Frames that the port failed to take.
	cells        int    // What the port has consumed; these four since the last release.

	drain  *drain
	over   bool           // Its branch is leaving: it sends no more.
	unsent uint64         // SDUs dropped since it ceased.
	ebbed  []func(uint64) // To be called with their number when its ring is empty.

	rounds.Member[sender]

	minimum gcra.Bucket // Of what it has sent as its minimum; beyond that it is best effort.
	spare   int         // The deficit that it has in its other rank.
	place   int         // Where it is among the best effort; see transmitter.behindAll.
}

// Skips are records that were dropped and counted, and their payload octets.
type skips struct{ records, octets uint64 }

// A drain is a call of Drain under way.
type drain struct {
	done    []func(vc.DrainReport)
	limit   *time.Timer
	expired bool
	joined  *drain // The earlier one that this one has become part of.
	since   uint64 // What the sender had sent when it began.
	left    int    // Octets of the ring still to be handled.
	landed  int64  // When the port had taken all frames, if they were seen waiting then.
	report  vc.DrainReport
}

func newSender(b *branch, spec *vc.BranchSpec) *sender {
	l := b.link
	worker := l.workerOf(b.label, len(l.nic.outs))
	s := &sender{
		b: b, c: b.circuit, rx: b.circuit.end.Rx, sums: &b.circuit.tx, out: l.nic.outs[worker], line: l.lines[worker], count: l.tx[worker],
		entry: frame.NewEntry(b.label), deficit: turnOctets, spare: turnOctets, place: nowhere,
	}
	s.Member, s.number = rounds.MemberOf(s), &s.own
	s.setFlow(spec.Category, spec.Send)
	s.rank = s.home
	return s
}

// post has a command of the plane done by the sender's worker.
func (s *sender) post(command func(t *transmitter)) {
	t := s.out.worker
	t.box.Post(func() { command(t) })
}

// setFlow takes over what the branch may send.
func (s *sender) setFlow(c vc.Category, f vc.Flow) {
	s.flow, s.home = f, rounds.RankOf(c, &f)
	if s.home == rounds.Minimum {
		s.minimum.Set(int64(f.MDCR), 0, minimumTolerance, 0)
	}
	s.maxSDU = int(f.MaxSDU)
	if f.PCR == 0 {
		s.maxSDU = 0
	}
	s.pace.Set(&s.flow, BurstTolerance)
}

// peek makes the next record of the client's ring the held one. It returns false if there is none.
func (s *sender) peek() bool {
	if !s.has {
		s.held, s.has = s.rx.Next()
	}
	return s.has
}

// judge says whether the held record can be sent.
func (s *sender) judge() drop.Tx {
	n := len(s.held.Payload)
	switch {
	case n == 0:
		return drop.TxEmptySDU
	case n > s.maxSDU || int64(n) > s.b.link.largest():
		return drop.TxOversize
	case s.held.UU&^s.b.link.userBits != 0:
		return drop.TxUserBits
	}
	return drop.Sent
}

// chunk returns the octets of the held record's next frame, and the cells that it is charged: over all
// frames of an SDU those of the SDU.
func (s *sender) chunk() (octets, cells int) {
	n, most := len(s.held.Payload), int(s.b.link.maxSDU.Load())
	if left := n - s.at; left <= most || most == 0 {
		return left, s.flow.Charge(n) - s.at/vc.CellPayload
	}
	return most, (s.at+most)/vc.CellPayload - s.at/vc.CellPayload
}

// skip drops the held record. Its memory is released with the frames before it.
func (s *sender) skip(why drop.Tx) {
	s.sums.dropped.Add(1)
	s.count.Drops[why].Add(1)
	s.skips.records++
	s.skips.octets += uint64(len(s.held.Payload))
	s.rx.CountDrops(1, uint64(len(s.held.Payload)))
	s.last, s.at = s.held, 0
	s.consume()
	if s.flying == 0 {
		s.release()
	}
}

// consume takes the held record off, for better or worse.
func (s *sender) consume() {
	s.has, s.busy = false, true
	if s.drain != nil {
		s.drain.left -= recordOctets(len(s.held.Payload))
	}
}

// release gives the records back that were dropped after the last frame.
func (s *sender) release() {
	if s.skips.records > 0 {
		s.rx.ReleaseThrough(&s.last)
		s.skips = skips{}
	}
}

// settle adds what the port has consumed to the counters.
func (s *sender) settle() {
	s.sums.sdus.Add(s.sdus)
	s.sums.octets.Add(s.octets)
	s.count.SDUs.Add(s.sdus)
	s.count.Octets.Add(s.octets)
	if s.drain != nil {
		s.drain.report.Sent += s.sdus
	}
	if s.lost > 0 {
		s.sums.dropped.Add(s.lost)
		s.count.Drops[drop.TxPortFailed].Add(s.lost)
	}
	s.sdus, s.octets, s.lost = 0, 0, 0
}

// recordOctets returns what a record of n octets takes of a ring at least.
func recordOctets(n int) int { return (n + 15) &^ 7 }

// flagsOf translates what travels beside the SDU in the ring to the flags of a control word.
func flagsOf(m ring.Meta) frame.Flags {
	f := frame.Flags(m.UU) & frame.U
	if m.Flags&ring.CLP != 0 {
		f |= frame.C
	}
	if m.Flags&ring.EFCI != 0 {
		f |= frame.E
	}
	return f
}

// write puts the header of the held SDU's next frame, which carries so many of its octets, into memory of
// the outlet. It reports whether more is to follow.
func (s *sender) write(head *[headLen]byte, octets int) (more bool) {
	copy(head[:nicio.HeaderLen], s.b.link.ether.Load()[:])
	p, more := frame.Whole, s.at+octets < len(s.held.Payload)
	switch {
	case more && s.at == 0:
		p = frame.First
	case more:
		p = frame.Middle
	case s.at > 0:
		p = frame.Last
	}
	w := frame.NewPart(flagsOf(s.held.Meta), p, octets, s.number.Next())
	frame.PutHead((*[frame.HeadLen]byte)(head[nicio.HeaderLen:]), s.b.link.entry(s.entry, s.held.UU), w)
	return more
}

// ebbing reports whether the sender has ceased and its ring is being emptied.
func (s *sender) ebbing() bool { return s.ebbed != nil }

// drained reports whether everything that a drain is to send is on its way.
func (s *sender) drained() bool { return s.drain != nil && s.drain.left <= 0 }

// violated returns the rule that the client broke on the ring, or nil.
func (s *sender) violated() error {
	if err := s.rx.Err(); errors.Is(err, ring.ErrCorrupt) {
		return err
	}
	return nil
}
