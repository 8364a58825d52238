package sar_test

import (
	"fmt"
	"testing"

	"callmanager/datapath/aal5"
	"callmanager/datapath/cell"
	"callmanager/datapath/sar"
	"callmanager/lab/bench"
)

// frames of MTU 1500 as N-to-one mode has them.
const frameCells = 28

// A path is a sender and a receiver with nothing between them.
type path struct {
	segmenter   sar.Segmenter
	reassembler sar.Reassembler
	counters    sar.Counters
	builder     cell.Builder
	frame       []byte
	memory      []byte
}

func newPath() *path {
	p := &path{
		reassembler: sar.NewReassembler(sar.Limits{MaxSDU: 9180, Timeout: 1e9}),
		frame:       make([]byte, cell.NToOne.Size(frameCells)), memory: make([]byte, aal5.PDULen(9180)),
	}
	p.builder.Begin(cell.NToOne, p.frame, frameCells)
	return p
}

// segment makes the cells of an SDU and returns the frames that were filled; each has the whole buffer.
func (p *path) segment(sdu []byte, sent func(frame []byte)) {
	p.segmenter.Start(channel, sdu, 0)
	for !p.segmenter.Fill(&p.builder, frameCells) {
		if p.builder.Room() == 0 {
			p.send(sent)
		}
	}
}

func (p *path) send(sent func(frame []byte)) {
	sent(p.builder.Finish(1))
	p.builder.Begin(cell.NToOne, p.frame, frameCells)
}

// join takes the cells of a frame.
func (p *path) join(frame []byte) {
	_, cells, _ := cell.NToOne.Decode(frame, 0)
	for h, body, ok := cells.Next(); ok; h, body, ok = cells.Next() {
		if p.reassembler.Starts(1, &p.counters) {
			p.reassembler.Begin(h, p.memory, 1, &p.counters)
		}
		_, _ = p.reassembler.Add(h, body, &p.counters)
		p.reassembler.AddRun(h, &cells, &p.counters)
	}
}

func TestNoAllocs(t *testing.T) {
	p := newPath()
	sdu := []byte(octets(1500))
	join := p.join
	if got := testing.AllocsPerRun(100, func() { p.segment(sdu, join) }); got != 0 {
		t.Errorf("%v allocations for an SDU", got)
	}
	if p.counters.SDUs() == 0 {
		t.Error("nothing is delivered")
	}
}

// BenchmarkSegment cuts SDUs into frames.
func BenchmarkSegment(b *testing.B) {
	for _, n := range []int{40, 1500, 9180} {
		b.Run(fmt.Sprintf("octets=%d", n), func(b *testing.B) {
			p, sdu := newPath(), []byte(octets(n))
			b.SetBytes(int64(n))
			b.ReportAllocs()
			none := func([]byte) {}
			for b.Loop() {
				p.segment(sdu, none)
			}
		})
	}
}

// BenchmarkReassemble joins the cells of frames that are full, cut in whatever place.
func BenchmarkReassemble(b *testing.B) {
	for _, n := range []int{40, 1500, 9180} {
		b.Run(fmt.Sprintf("octets=%d", n), func(b *testing.B) {
			p, sdu := newPath(), []byte(octets(n))
			// As many SDUs as end with a frame.
			var frames [][]byte
			sdus := 0
			keep := func(f []byte) { frames = append(frames, append([]byte(nil), f...)) }
			for sdus == 0 || p.builder.Cells() > 0 {
				p.segment(sdu, keep)
				sdus++
				if p.builder.Room() == 0 {
					p.send(keep)
				}
			}
			b.SetBytes(int64(n))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if i%sdus == 0 { // All of them at once, so the time is of one SDU.
					for _, f := range frames {
						p.join(f)
					}
				}
			}
			if p.counters.Dropped > 0 {
				b.Fatalf("%+v", p.counters)
			}
		})
	}
}

// BenchmarkBoth cuts SDUs into frames and joins them at once.
func BenchmarkBoth(b *testing.B) {
	for _, n := range []int{40, 1500, 9180} {
		b.Run(fmt.Sprintf("octets=%d", n), func(b *testing.B) {
			p, sdu := newPath(), []byte(octets(n))
			b.SetBytes(int64(n))
			b.ReportAllocs()
			join := p.join
			for b.Loop() {
				p.segment(sdu, join)
			}
			if p.counters.Dropped > 0 {
				b.Fatalf("%+v", p.counters)
			}
		})
	}
}

// BenchmarkSpeed measures the same in GB of SDUs a second of processor time, for the suite.
func BenchmarkSpeed(b *testing.B) {
	const n = 1500
	p, sdu := newPath(), []byte(octets(n))
	join := p.join
	c := bench.Measure(b, func(c bench.Columns) {
		c.Add("GB/s", bench.Speed(func() int {
			p.segment(sdu, join)
			return n
		}))
	})
	b.ReportMetric(c.Median("GB/s"), "GB/s")
	if p.counters.Dropped > 0 {
		b.Fatalf("%+v", p.counters)
	}
	bench.Report(b, "sar/1500", bench.Figures{Ours: c["GB/s"]})
}
