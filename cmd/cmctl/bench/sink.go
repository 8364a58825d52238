package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"callmanager/client"
)

// sinkRing is the size in octets of the ring through which a source's SDUs come: a call has no flow control, and
// on a busy machine the sink may not run for a while.
const sinkRing = 8 << 20

// maxCalls bounds the calls that a sink serves at a time.
const maxCalls = 4096

// causeUserBusy refuses those beyond (Q.2931 clause 4.5.15).
const causeUserBusy = 17

// Sink takes the calls of the other verbs.
type Sink struct {
	Address  string // of the daemon to take calls to; empty for any
	Selector *uint8 // to take calls with; nil for any
	Count    int    // of calls to take; 0 is without end
	// Ended is told of each call of a [Source] or a [RTT] when it is over, one at a time.
	Ended func(*SinkResult)

	meter        meter
	running      atomic.Int64
	sdus, octets atomic.Uint64

	mu    sync.Mutex // of what is below, and for Ended
	left  int
	total SinkTotal
}

// SinkResult is what a sink has received in a call.
type SinkResult struct {
	Verb    string `json:"verb"`
	Calling string `json:"calling"`
	Link    string `json:"link"`
	// Sent is what the source has said that it has sent, or nil.
	Sent     *uint64 `json:"sent_sdus"`
	Received Outcome `json:"received"`
	// Ended says how the call ended; empty after normal clearing.
	Ended string `json:"ended"`
}

// SinkTotal counts the calls of a sink.
type SinkTotal struct {
	Verb     string  `json:"verb"`
	Duration float64 `json:"duration_ms"`
	Source   uint64  `json:"source_calls"`
	RTT      uint64  `json:"rtt_calls"`
	Calls    uint64  `json:"setup_calls"`
	Refused  uint64  `json:"refused_calls"`
	// Failed did not come about or did not end with normal clearing.
	Failed uint64 `json:"failed_calls"`
	SDUs   uint64 `json:"received_sdus"`
	Octets uint64 `json:"received_octets"`
}

// Line tells what comes.
func (s *Sink) Line() string {
	s.mu.Lock()
	t := s.total
	s.mu.Unlock()
	return s.meter.line("SDU", s.sdus.Load(), s.octets.Load()) +
		fmt.Sprintf("  %d calls, %d before", s.running.Load(), t.Source+t.RTT+t.Calls)
}

// Listen registers the SAPs of a sink. Close the listeners if it is not run.
func (s *Sink) Listen(ctx context.Context, c *client.Conn) (*Listeners, error) {
	l := &Listeners{}
	for _, verb := range []byte{verbSource, verbRTT, verbCalls} {
		sap := client.SAP{Address: s.Address, Selector: s.Selector, BHLI: bhli(verb)}
		switch verb {
		case verbSource:
			sap.SendRing, sap.ReceiveRing = smallRing, sinkRing
		case verbCalls:
			sap.SendRing, sap.ReceiveRing = smallRing, smallRing
		}
		one, err := c.Listen(ctx, sap)
		if err != nil {
			l.Close()
			return nil, err
		}
		l.of = append(l.of, listener{one, verb})
	}
	return l, nil
}

// Listeners are the SAPs of a sink.
type Listeners struct{ of []listener }

// listener is that of a verb.
type listener struct {
	*client.Listener
	verb byte
}

// Close ends the offers.
func (l *Listeners) Close() {
	for _, one := range l.of {
		_ = one.Close()
	}
}

// Run takes calls until ctx ends, or as many as it is to take are over, and closes the listeners.
func (s *Sink) Run(ctx context.Context, l *Listeners) (*SinkTotal, error) {
	defer l.Close()
	s.left = s.Count
	s.meter.start()
	accepting, enough := context.WithCancelCause(ctx)
	defer enough(nil)
	var loops, calls sync.WaitGroup
	for _, one := range l.of {
		loops.Go(func() {
			if err := s.accept(ctx, accepting, one, &calls, func() { enough(nil) }); accepting.Err() == nil {
				enough(err)
			}
		})
	}
	loops.Wait()
	calls.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total.Verb, s.total.Duration = "sink", ms(time.Since(s.meter.began))
	s.total.SDUs, s.total.Octets = s.sdus.Load(), s.octets.Load()
	if err := context.Cause(accepting); ctx.Err() == nil && !errors.Is(err, context.Canceled) {
		return &s.total, err
	}
	return &s.total, nil
}

// accept takes the calls of a verb. What it has taken is served on ctx.
func (s *Sink) accept(ctx, accepting context.Context, l listener, calls *sync.WaitGroup, enough func()) error {
	for {
		o, err := l.Accept(accepting)
		if err != nil {
			return err
		}
		if !s.take() {
			if err := o.Reject(ctx, client.Cause{Value: causeUserBusy}); err != nil {
				return err
			}
			continue
		}
		calls.Go(func() {
			came := s.serve(ctx, o, l.verb)
			s.running.Add(-1)
			if s.give(came) {
				enough()
			}
		})
	}
}

// take reports whether a call may be served, and notes that it is.
func (s *Sink) take() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Count != 0 && s.left == 0 || s.running.Load() >= maxCalls {
		s.total.Refused++
		return false
	}
	s.left--
	s.running.Add(1)
	return true
}

// give notes that a call is over; one that did not come about does not count. It reports whether that was the
// last one.
func (s *Sink) give(came bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !came {
		s.left++
	}
	return s.Count != 0 && s.left == 0 && s.running.Load() == 0
}

// serve serves a call. It returns false if that did not come about.
func (s *Sink) serve(ctx context.Context, o *client.Offer, verb byte) bool {
	v, err := o.Accept(ctx)
	if err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		if ctx.Err() == nil {
			s.total.Failed++
		}
		return false
	}
	defer closeVC(ctx, v)
	r := &SinkResult{Verb: "source", Calling: o.Parameters().GetCalling(), Link: o.Link()}
	if verb == verbRTT {
		r.Verb = "rtt"
	}
	if verb == verbCalls {
		select {
		case <-v.Released():
		case <-ctx.Done():
		}
	} else {
		err = newReceiver(s, v, r).run(ctx)
	}
	if end, ok := errors.AsType[*client.Error](v.Err()); ok && !end.Cause.Normal() {
		err = ended(end)
	}
	if err != nil {
		r.Ended = err.Error()
	}
	s.tell(r, verb)
	return true
}

// tell counts a call that is over.
func (s *Sink) tell(r *SinkResult, verb byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Ended != "" {
		s.total.Failed++
	}
	switch verb {
	case verbCalls:
		s.total.Calls++
		return
	case verbRTT:
		s.total.RTT++
	default:
		s.total.Source++
	}
	s.Ended(r)
}

// receiver receives the SDUs of a call.
type receiver struct {
	sink *Sink
	vc   *client.VC
	r    *SinkResult

	began       time.Time
	first, last time.Duration // when SDUs came, since then
	tally       tally
	variation   variation
	octets      uint64
	damaged     uint64
	sent        *uint64 // what the source says
	answers     []client.SDU
	limit       int // of the answers
}

func newReceiver(s *Sink, v *client.VC, r *SinkResult) *receiver {
	return &receiver{sink: s, vc: v, r: r, began: time.Now(), limit: v.MaxSend()}
}

// run receives until the call or ctx ends, and sets the result.
func (r *receiver) run(ctx context.Context) error {
	room := newBatch(r.vc.MaxReceive())
	batch := make([]client.SDU, len(room))
	var err error
	for err == nil {
		copy(batch, room)
		var n int
		if n, err = r.vc.RecvBatch(ctx, batch); err == nil {
			err = r.take(ctx, batch[:n], time.Since(r.began))
		}
	}
	r.r.Sent, r.r.Received = r.sent, r.outcome()
	if r.vc.Err() != nil || ctx.Err() != nil {
		err = nil // how the call ended tells the rest
	}
	return err
}

// take takes in what came at a time, and answers.
func (r *receiver) take(ctx context.Context, sdus []client.SDU, now time.Duration) error {
	octets, single := r.octets, r.tally.single
	r.answers = r.answers[:0]
	for _, s := range sdus {
		h, ok := parse(s.Payload)
		if !ok {
			r.damaged++
			continue
		}
		switch h.kind {
		case kindData:
			r.count(h, len(s.Payload), now)
		case kindProbe:
			r.count(h, len(s.Payload), now)
			h.kind = kindAnswer
			stamp(s.Payload, h)
			r.answer(s.Payload)
		case kindHello:
			h.kind = kindWelcome
			stamp(s.Payload, h)
			r.answer(s.Payload)
		case kindFinish:
			r.sent = &h.number
			o := r.outcome()
			r.answer(o.report(h.number))
		default:
			r.damaged++
		}
	}
	r.sink.sdus.Add(r.tally.single - single)
	r.sink.octets.Add(r.octets - octets)
	if len(r.answers) == 0 {
		return nil
	}
	_, err := r.vc.SendBatch(ctx, r.answers)
	return err
}

// count counts an SDU.
func (r *receiver) count(h header, octets int, now time.Duration) {
	if !r.tally.add(h.number) {
		return
	}
	if r.octets == 0 {
		r.first = now
	}
	r.last = now
	r.octets += uint64(octets)
	r.variation.add(h.number, h.at, now)
}

// answer has an SDU sent. What the call does not carry back is left out: the calling side waits for it, and says so.
func (r *receiver) answer(p []byte) {
	if len(p) <= r.limit {
		r.answers = append(r.answers, client.SDU{Payload: p})
	}
}

// outcome tells what has come until now.
func (r *receiver) outcome() Outcome {
	sent := r.tally.next
	if r.sent != nil {
		sent = *r.sent
	}
	o := Outcome{
		SDUs: r.tally.single, Octets: r.octets, Duration: ms(r.last - r.first), Lost: r.tally.lost(sent),
		Reordered: r.tally.reordered, Deepest: r.tally.deepest, Duplicates: r.tally.duplicates, Damaged: r.damaged,
		Variation: NewTimes(&r.variation.times),
	}
	o.derive(sent)
	return o
}
