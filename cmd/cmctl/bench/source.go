package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/vc"
)

// Source sends numbered SDUs to a sink.
type Source struct {
	To
	// Smallest and Largest bound the sizes of the SDUs in octets, [MinSize] at least. Those between are as
	// frequent as another.
	Smallest, Largest int
	// Rate is that of the octets of SDUs; 0 sends as fast as the ring takes, with best effort.
	Rate     vc.BitRate
	Duration time.Duration

	meter        meter
	sdus, octets atomic.Uint64 // that the ring has taken
}

// SourceResult is what came of a [Source].
type SourceResult struct {
	Verb        string `json:"verb"`
	Destination string `json:"destination"`
	Link        string `json:"link"`
	Smallest    int    `json:"min_size_octets"`
	Largest     int    `json:"max_size_octets"`
	// Asked is the rate that was asked for, 0 for as fast as it goes, and PCR the contract's.
	Asked uint64 `json:"asked_bit_per_s"`
	PCR   uint32 `json:"pcr_cells_per_s"`
	// Duration is how long SDUs were offered.
	Duration float64 `json:"duration_ms"`
	// Offered is what was due by the clock, or without a rate what the ring took; Accepted what the ring took.
	Offered  uint64  `json:"offered_sdus"`
	Accepted uint64  `json:"accepted_sdus"`
	Octets   uint64  `json:"accepted_octets"`
	Rate     float64 `json:"accepted_bit_per_s"`
	// Sent is what the daemon here has sent of that, and Dropped what not; nil once the call has ended.
	Sent    *uint64 `json:"sent_sdus"`
	Dropped *uint64 `json:"dropped_sdus"`
	// Received is what the sink says; nil if it says nothing.
	Received *Outcome `json:"received"`
	// Ended says why the call ended before its time; empty if it did not.
	Ended string `json:"ended"`
}

// Line tells how far the source is.
func (s *Source) Line() string {
	return s.meter.line("SDU", s.sdus.Load(), s.octets.Load()) + "  accepted " + Count(float64(s.sdus.Load())) + " SDUs"
}

// Contract returns the contract to ask for: constant bit rate in cells that the SDUs take, and a little back for
// the answers, or best effort.
func (s *Source) Contract() (*cmdpb.Contract, error) {
	forward, backward := &cmdpb.Flow{MaxSdu: uint32(s.Largest)}, &cmdpb.Flow{MaxSdu: reportSize}
	c := &cmdpb.Contract{Forward: forward, Backward: backward}
	if s.Rate == 0 {
		return c, nil
	}
	var octets, cells uint64
	for n := s.Smallest; n <= s.Largest; n++ {
		octets += uint64(n)
		cells += uint64(vc.CellsFor(n))
	}
	perCell := float64(cells*vc.CellPayload) / float64(octets) // octets of cells for one of an SDU
	pcr, err := vc.PCRFor(vc.BitRate(float64(s.Rate)*perCell) + 1)
	if err != nil {
		return nil, err
	}
	const answers = 1000 // cells/s: more than enough for hundreds of answers
	c.Category, forward.Pcr, backward.Pcr = cmdpb.Category_CBR, uint32(pcr), answers
	return c, nil
}

// Run sends for the duration or until ctx ends, and gets the sink's report. The result is nil if there was no
// call; with an error it is what had come about before.
func (s *Source) Run(ctx context.Context, c *client.Conn) (*SourceResult, error) {
	contract, err := s.Contract()
	if err != nil {
		return nil, err
	}
	p, err := callSink(ctx, c, s.To, verbSource, contract, s.Largest, reportSize)
	if err != nil {
		return nil, err
	}
	defer p.close(ctx)
	r := &SourceResult{
		Verb: "source", Destination: s.Dest, Link: p.vc.Channel().GetLink(), Smallest: s.Smallest, Largest: s.Largest,
		Asked: uint64(s.Rate), PCR: p.vc.Parameters().GetContract().GetForward().GetPcr(),
	}
	took, err := s.send(ctx, p)
	r.Duration, r.Accepted, r.Octets = ms(took), s.sdus.Load(), s.octets.Load()
	r.Rate = perSecond(8*r.Octets, took)
	r.Offered = r.Accepted + s.backlog(took)
	on, cancel := hurry(ctx)
	defer cancel()
	if err == nil {
		r.Received, err = p.finish(on, r.Accepted)
	}
	if err != nil {
		r.Ended = err.Error()
	}
	if p.vc.Err() == nil {
		r.count(on, c, p)
	}
	return r, err
}

// backlog returns how many SDUs were due in a time and not put into the ring.
func (s *Source) backlog(took time.Duration) uint64 {
	behind := float64(s.Rate)/8*took.Seconds() - float64(s.octets.Load())
	return uint64(max(behind/(float64(s.Smallest+s.Largest)/2), 0))
}

// count sets what the daemon has sent, without the questions.
func (r *SourceResult) count(ctx context.Context, c *client.Conn, p *peer) {
	vcs, err := c.VCs(ctx)
	if err != nil {
		return // its reason is told by others
	}
	for _, v := range vcs {
		if v.GetHandle() != p.vc.Handle() {
			continue
		}
		for _, n := range v.GetCounters() {
			value := n.GetValue()
			switch n.GetName() {
			case "tx_sdus":
				r.Sent = new(min(value-min(p.asked, value), r.Accepted))
			case "tx_dropped":
				r.Dropped = &value
			}
		}
	}
}

// send sends for the duration and returns how long that took.
func (s *Source) send(ctx context.Context, p *peer) (took time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.Duration)
	defer cancel()
	pace := pacer{source: s, batch: newBatch(s.Largest), sizes: newSizes()}
	s.meter.start()
	began := time.Now()
	for {
		at := time.Since(began)
		sdus := pace.due(at, time.Since(p.began))
		if len(sdus) == 0 {
			if !sleep(ctx, pace.next()-at) {
				break
			}
			continue
		}
		n, err := p.vc.SendBatch(ctx, sdus)
		s.sdus.Add(uint64(n))
		octets := 0
		for _, sdu := range sdus[:n] {
			octets += len(sdu.Payload)
		}
		s.octets.Add(uint64(octets))
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			return time.Since(began), p.reason(err)
		}
	}
	return min(time.Since(began), s.Duration), nil
}

// sleep waits for a time. It returns false if the context ends first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// newSizes returns where sizes are drawn from, always the same.
func newSizes() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

// pacer makes the SDUs that are due.
type pacer struct {
	source *Source
	batch  []client.SDU
	sizes  *rand.Rand
	number uint64
	octets uint64 // of the SDUs before the next one
}

// next returns when the next SDU is due.
func (p *pacer) next() time.Duration {
	if p.source.Rate == 0 {
		return 0
	}
	return time.Duration(float64(p.octets) * 8 / float64(p.source.Rate) * float64(time.Second))
}

// due makes the SDUs that are due by a time, as many as are moved at once at most, with the time of the call.
func (p *pacer) due(by, at time.Duration) []client.SDU {
	n := 0
	for n < len(p.batch) && p.next() <= by {
		size := p.source.Smallest
		if more := p.source.Largest - size; more > 0 {
			size += p.sizes.IntN(more + 1)
		}
		p.batch[n].Payload = p.batch[n].Payload[:size]
		seal(p.batch[n].Payload, header{kind: kindData, number: p.number, at: at})
		p.number++
		p.octets += uint64(size)
		n++
	}
	return p.batch[:n]
}

// ParseRange reads the sizes of SDUs: a number, or two with a hyphen between.
func ParseRange(text string) (smallest, largest int, err error) {
	low, high, both := strings.Cut(text, "-")
	if !both {
		high = low
	}
	smallest, err1 := strconv.Atoi(low)
	largest, err2 := strconv.Atoi(high)
	switch {
	case err1 != nil || err2 != nil:
		return 0, 0, fmt.Errorf("%q: want octets, such as 1024 or 64-1492", text)
	case smallest < MinSize || largest > vc.MaxSDULen:
		return 0, 0, fmt.Errorf("%q: want %d to %d octets: an SDU has its number, its time and its check in it", text, MinSize, vc.MaxSDULen)
	case largest < smallest:
		return 0, 0, fmt.Errorf("%q: want the smaller size first", text)
	}
	return smallest, largest, nil
}
