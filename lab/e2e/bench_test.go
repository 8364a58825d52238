package e2e_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"callmanager/config"
	"callmanager/lab"
)

// What the benchmarks do. Each runs its pairs, one measurement of ours and one of the bare path in turn, and tells
// the medians.
const (
	benchPairs = 5
	benchTime  = 350 * time.Millisecond // of sending
	benchTrips = 4000                   // round trips
)

// BenchmarkVC measures from client to client over veth beside the bare path: see the package comment.
func BenchmarkVC(b *testing.B) {
	r := newBenchRig(b, lab.Config{}, "")
	for _, octets := range []int{64, 1492} {
		b.Run(fmt.Sprintf("octets=%d", octets), func(b *testing.B) { r.throughput(b, octets) })
	}
	b.Run("round-trip", r.roundTrip)
	b.Run("calls", r.calls)
}

// BenchmarkCells is the same over a link in cell mode. The SDUs of one cell go 28 to a frame.
func BenchmarkCells(b *testing.B) {
	r := newBenchRig(b, lab.Config{}, "mode = \"cell\"\n")
	for _, octets := range []int{40, 1492} {
		b.Run(fmt.Sprintf("octets=%d", octets), func(b *testing.B) { r.throughput(b, octets) })
	}
	b.Run("round-trip", r.roundTrip)
}

// BenchmarkVCOverXDP measures the same with daemons that transmit by AF_XDP.
func BenchmarkVCOverXDP(b *testing.B) {
	r := newBenchRig(b, lab.Config{Transmit: config.TransmitXDP}, "")
	for _, octets := range []int{64, 1492} {
		b.Run(fmt.Sprintf("octets=%d", octets), func(b *testing.B) { r.throughput(b, octets) })
	}
	b.Run("round-trip", r.roundTrip)
	if counter(linkOf(b, dial(b, r.daemons[0])).GetCounters(), "nic_tx_xdp_frames") == 0 {
		b.Error("no frame left by AF_XDP")
	}
}

// benchRig is two pairs of hosts: one with daemons and clients, one bare.
type benchRig struct {
	vc, bare [2]*performer // who begins, who answers
	daemons  [2]*lab.Host
}

// newBenchRig makes the hosts and starts the four clients and two bare processes.
// Lines are added to the configuration of the links.
func newBenchRig(b *testing.B, cfg lab.Config, lines string) *benchRig {
	b.Helper()
	l := prepare(b, cfg)
	alice, bob := l.Hosts()[0], l.Hosts()[1]
	for _, h := range l.Hosts() {
		configure(b, h, lines)
		start(b, h)
	}
	awaitLinks(b, l)
	r := &benchRig{daemons: [2]*lab.Host{alice, bob}}
	for i, h := range []*lab.Host{alice, bob} {
		r.vc[i] = perform(b, actor(b, "vc", socketEnv+"="+h.Socket(), destEnv+"="+bob.Address))
	}
	bare := prepare(b, lab.Config{}).Hosts() // without daemons
	for i, h := range bare {
		cmd := actor(b, "bare", fromEnv+"="+h.MAC, toEnv+"="+bare[1-i].MAC)
		fd := packetSocket(b, h, ethMPLS)
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 64<<20); err != nil {
			b.Fatal(err)
		}
		dup, err := unix.Dup(fd) // the file owns its descriptor
		if err != nil {
			b.Fatal(err)
		}
		f := os.NewFile(uintptr(dup), "packet")
		cmd.ExtraFiles = []*os.File{f}
		r.bare[i] = perform(b, cmd)
		_ = f.Close()
	}
	return r
}

// performer is a process that carries out orders.
type performer struct {
	b   *testing.B
	in  *json.Encoder
	out *json.Decoder
}

// perform starts a process that carries out orders until the end of the benchmark.
func perform(b *testing.B, cmd *exec.Cmd) *performer {
	b.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return &performer{b: b, in: json.NewEncoder(in), out: json.NewDecoder(bufio.NewReader(out))}
}

// begin gives an order and returns when it is being carried out.
func (p *performer) begin(o order) {
	p.b.Helper()
	var begun string
	if err := p.in.Encode(o); err != nil {
		p.b.Fatal(err)
	}
	if err := p.out.Decode(&begun); err != nil {
		p.b.Fatal(err)
	}
}

// end waits until the order has been carried out.
func (p *performer) end() (m moved) {
	p.b.Helper()
	if err := p.out.Decode(&m); err != nil {
		p.b.Fatal(err)
	}
	if m.Error != "" {
		p.b.Fatal(m.Error)
	}
	return m
}

// both gives an order to each of a pair, the second first, and returns what they say.
func both(pair [2]*performer, first, second order) (m [2]moved) {
	pair[1].begin(second)
	pair[0].begin(first)
	m[0] = pair[0].end()
	m[1] = pair[1].end()
	return m
}

// median returns the one in the middle.
func median(v []float64) float64 {
	s := sortedCopy(v)
	return s[len(s)/2]
}

// sortedCopy returns the values in order.
func sortedCopy[T int | float64 | time.Duration](v []T) []T {
	s := slices.Clone(v)
	slices.Sort(s)
	return s
}

// perSecond is a rate.
func perSecond(m moved) float64 { return float64(m.SDUs) / m.Time.Seconds() }

// column collects the values of one figure.
type column map[string][]float64

// add adds a value.
func (c column) add(name string, v float64) { c[name] = append(c[name], v) }

// pairs runs a measurement so many times for each iteration of the benchmark.
func pairs(b *testing.B, measure func(c column)) column {
	b.Helper()
	b.ReportAllocs()
	c := make(column)
	for b.Loop() {
		for range benchPairs {
			measure(c)
		}
	}
	b.ReportMetric(0, "ns/op") // an iteration is a set of pairs, and its time says nothing
	return c
}

// throughput measures one direction at full speed.
func (r *benchRig) throughput(b *testing.B, octets int) {
	b.Helper()
	c := pairs(b, func(c column) {
		before := r.daemonTimes(b)
		ours := both(r.vc, order{Do: "send", Size: octets, For: benchTime}, order{Do: "receive"})
		after := r.daemonTimes(b)
		bare := both(r.bare, order{Do: "send", Size: octets, For: benchTime}, order{Do: "receive"})
		c.add("ours", perSecond(ours[1]))
		c.add("bare", perSecond(bare[1]))
		c.add("ratio", perSecond(ours[1])/perSecond(bare[1]))
		c.add("lost", 1-float64(ours[1].SDUs)/float64(ours[0].SDUs))
		c.add("bare lost", 1-float64(bare[1].SDUs)/float64(bare[0].SDUs))
		daemon := float64(after[0]-before[0]) / float64(ours[0].SDUs)
		c.add("daemon", daemon)
		c.add("sender", float64(bare[0].CPU)/float64(bare[0].SDUs)/daemon)
		c.add("send allocs", float64(ours[0].Mallocs)/float64(ours[0].SDUs))
		c.add("receive allocs", float64(ours[1].Mallocs)/float64(ours[1].SDUs))
	})
	gbit := func(rate float64) float64 { return rate * float64(octets) * 8 / 1e9 }
	allocs := max(median(c["send allocs"]), median(c["receive allocs"]))
	b.ReportMetric(median(c["ours"]), "SDU/s")
	b.ReportMetric(gbit(median(c["ours"])), "Gbit/s")
	b.ReportMetric(median(c["bare"]), "bare-frames/s")
	b.ReportMetric(median(c["ratio"]), "ratio")
	b.ReportMetric(median(c["sender"]), "sender-cpu-ratio")
	b.ReportMetric(allocs, "allocs/SDU")
	b.Logf("| %d octets | %.0f k SDU/s, %.2f Gbit/s | bare %.0f k frames/s, %.2f Gbit/s | ratio %.2f (%.2f to %.2f) | sending daemon %.0f ns of processor an SDU, bare sender / that %.2f (%.2f to %.2f) | lost %.2f %%, bare %.2f %% | allocs/SDU %.4f |",
		octets, median(c["ours"])/1e3, gbit(median(c["ours"])), median(c["bare"])/1e3, gbit(median(c["bare"])),
		median(c["ratio"]), slices.Min(c["ratio"]), slices.Max(c["ratio"]),
		median(c["daemon"]), median(c["sender"]), slices.Min(c["sender"]), slices.Max(c["sender"]),
		100*median(c["lost"]), 100*median(c["bare lost"]), allocs)
	const mostAllocs = 0.01 // what the runtime does by itself
	if allocs > mostAllocs {
		b.Errorf("%.3f allocations an SDU, want 0", allocs)
	}
}

// roundTrip measures the time of an SDU of 64 octets to the other client and back.
func (r *benchRig) roundTrip(b *testing.B) {
	const octets = 64
	us := func(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
	c := pairs(b, func(c column) {
		o := order{Size: octets, N: benchTrips}
		run := func(pair [2]*performer, ping, echo string) moved {
			first, second := o, o
			first.Do, second.Do = ping, echo
			return both(pair, first, second)[0]
		}
		ours := run(r.vc, "ping", "echo")
		sleeping := run(r.bare, "ping", "echo")
		spinning := run(r.bare, "ping spinning", "echo spinning")
		c.add("p50", us(ours.P50))
		c.add("p99", us(ours.P99))
		c.add("bare p50", us(sleeping.P50))
		c.add("bare p99", us(sleeping.P99))
		c.add("spin p50", us(spinning.P50))
		c.add("spin p99", us(spinning.P99))
		c.add("ratio", float64(sleeping.P50)/float64(ours.P50))
	})
	b.ReportMetric(median(c["p50"]), "p50-us")
	b.ReportMetric(median(c["p99"]), "p99-us")
	b.ReportMetric(median(c["bare p50"]), "bare-p50-us")
	b.ReportMetric(median(c["spin p50"]), "spin-p50-us")
	b.ReportMetric(median(c["ratio"]), "ratio")
	b.Logf("| round trip, %d octets | p50 %.1f, p99 %.1f us | bare asleep p50 %.1f, p99 %.1f us; spinning %.1f, %.1f us | ratio to asleep %.2f |",
		octets, median(c["p50"]), median(c["p99"]), median(c["bare p50"]), median(c["bare p99"]), median(c["spin p50"]), median(c["spin p99"]), median(c["ratio"]))
}
