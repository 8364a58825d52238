package e2e_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"callmanager/config"
	"callmanager/lab"
	"callmanager/lab/bench"
)

// benchTrips is how many round trips a turn has.
const benchTrips = 2000

// udpOctets is the largest datagram in one packet at an MTU of 1500.
const udpOctets = 1472

// BenchmarkVC measures from client to client over veth beside the bare path: see the package comment.
func BenchmarkVC(b *testing.B) {
	r := newBenchRig(b, 0, "")
	for _, octets := range []int{64, 1492} {
		b.Run(fmt.Sprintf("octets=%d", octets), func(b *testing.B) { r.throughput(b, octets, fmt.Sprintf("frame/%d", octets)) })
	}
	b.Run("both-ways", func(b *testing.B) {
		for _, octets := range []int{64, 1492} {
			b.Run(fmt.Sprintf("octets=%d", octets), func(b *testing.B) { r.bothWays(b, octets) })
		}
	})
	b.Run("round-trip", func(b *testing.B) { r.roundTrip(b, "rtt/p50", "rtt/p99", "rtt/p50/two-cores") })
	b.Run("calls", r.calls)
}

// BenchmarkCells is the same over a link in cell mode. The SDUs of one cell go 28 to a frame.
func BenchmarkCells(b *testing.B) {
	r := newBenchRig(b, 0, cellMode)
	b.Run("octets=40", func(b *testing.B) { r.throughput(b, 40, "cells/40") })
	b.Run("octets=1492", func(b *testing.B) { r.throughput(b, 1492, "") })
	b.Run("round-trip", func(b *testing.B) { r.roundTrip(b) })
}

// BenchmarkVCOverXDP measures the same with daemons that transmit by AF_XDP.
func BenchmarkVCOverXDP(b *testing.B) {
	r := newBenchRig(b, config.TransmitXDP, "")
	for _, octets := range []int{64, 1492} {
		b.Run(fmt.Sprintf("octets=%d", octets), func(b *testing.B) { r.throughput(b, octets, fmt.Sprintf("frame/%d/xdp", octets)) })
	}
	b.Run("round-trip", func(b *testing.B) { r.roundTrip(b) })
	r.wantXDP(b)
}

// BenchmarkCellsOverXDP is that in cell mode.
func BenchmarkCellsOverXDP(b *testing.B) {
	r := newBenchRig(b, config.TransmitXDP, cellMode)
	b.Run("octets=40", func(b *testing.B) { r.throughput(b, 40, "cells/40/xdp") })
	r.wantXDP(b)
}

// cellMode is the line of a link's configuration.
const cellMode = "mode = \"cell\"\n"

// benchRig is two pairs of hosts: one with daemons and clients, one bare.
type benchRig struct {
	vc, bare, udp [2]*performer // who begins, who answers
	daemons       [2]*lab.Host
}

// newBenchRig makes the hosts and starts the clients and the processes with sockets alone. Lines are added to the
// configuration of the links.
func newBenchRig(b *testing.B, transmit config.Transmit, lines string) *benchRig {
	b.Helper()
	cfg := lab.Config{Transmit: transmit, DaemonArgs: profileArgs(b)}
	l := prepare(b, cfg)
	r := &benchRig{daemons: [2]*lab.Host(l.Hosts())}
	for _, h := range l.Hosts() {
		configure(b, h, lines)
		start(b, h)
	}
	if cfg.DaemonArgs != nil {
		b.Cleanup(func() { endGently(b, l) })
	}
	awaitLinks(b, l)
	if why := notByXDP(b, r.daemons[0]); transmit == config.TransmitXDP && why != "" {
		bench.Skip(b, "the daemon cannot transmit by AF_XDP: "+why)
	}
	r.vc = r.clients(b, benchSelector, 0)
	bare := prepare(b, lab.Config{ATMTCP: true}).Hosts() // with IP addresses, without daemons
	for i, h := range bare {
		to := bare[1-i]
		r.bare[i] = performWith(b, actor(b, "bare", fromEnv+"="+h.MAC, toEnv+"="+to.MAC), packetSocket(b, h, ethMPLS))
		r.udp[i] = performWith(b, actor(b, "udp"), udpSocket(b, h, to))
	}
	return r
}

// The last octets of the addresses at which clients of the benchmarks answer.
const (
	benchSelector     = 0xb0
	neighbourSelector = 0xb1
	callSelector      = 0xb2
	manySelector      = 0xb3
)

// clients starts a client of each daemon, of which the second answers at an address with a last octet of its
// own. The rings of the calls that it answers have so many octets, or the default size.
func (r *benchRig) clients(b *testing.B, sel uint8, ring int) (pair [2]*performer) {
	b.Helper()
	for i, h := range r.daemons {
		pair[i] = perform(b, actor(b, "vc", socketEnv+"="+h.Socket(), destEnv+"="+withSelector(r.daemons[1], sel),
			fmt.Sprintf("%s=%d", selectorEnv, sel), fmt.Sprintf("%s=%d", ringEnv, ring)))
	}
	return pair
}

// profileArgs makes the daemons write profiles, one for each host of the benchmark, if the suite wants them.
func profileArgs(b *testing.B) map[string][]string {
	b.Helper()
	dir := bench.Profiles()
	if dir == "" {
		return nil
	}
	args := make(map[string][]string)
	for _, host := range []string{"alice", "bob"} {
		args[host] = []string{"--test-cpu-profile", filepath.Join(dir, b.Name()+"-"+host+".prof")}
	}
	return args
}

// endGently lets the daemons end by themselves, which is when they write their profiles.
func endGently(b *testing.B, l *lab.Lab) {
	b.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	checkFaults(b, l)
	for _, h := range l.Hosts() {
		if err := h.StopDaemon(ctx, unix.SIGTERM); err != nil {
			b.Error(err)
		}
	}
}

// notByXDP returns why data leaves a host otherwise, or an empty string.
func notByXDP(b *testing.B, h *lab.Host) string {
	b.Helper()
	text, err := os.ReadFile(h.Log())
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if _, why, ok := strings.Cut(line, "data leaves by packet\t"); ok {
			return strings.TrimSpace(why)
		}
	}
	return ""
}

// wantXDP fails unless frames have left by AF_XDP.
func (r *benchRig) wantXDP(b *testing.B) {
	b.Helper()
	if counter(linkOf(b, dial(b, r.daemons[0])).GetCounters(), "nic_tx_xdp_frames") == 0 {
		b.Error("no frame left by AF_XDP")
	}
}

// udpSocket makes a socket of a host that is connected to another.
func udpSocket(b *testing.B, h, to *lab.Host) (fd int) {
	b.Helper()
	address := func(h *lab.Host) *unix.SockaddrInet4 {
		const port = 4717
		return &unix.SockaddrInet4{Port: port, Addr: [4]byte(net.ParseIP(h.IP()).To4())}
	}
	inNetns(b, h, func() (err error) {
		if fd, err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0); err != nil {
			return os.NewSyscallError("socket", err)
		}
		return errors.Join(unix.Bind(fd, address(h)), unix.Connect(fd, address(to)))
	})
	b.Cleanup(func() { _ = unix.Close(fd) })
	return fd
}

// performer is a process that carries out orders.
type performer struct {
	b   *testing.B
	in  *json.Encoder
	out *json.Decoder
}

// performWith is perform for a process that gets a socket, with a buffer for all that a turn may bring, and a bound
// for how long it waits.
func performWith(b *testing.B, cmd *exec.Cmd, fd int) *performer {
	b.Helper()
	wait := unix.NsecToTimeval(int64(300 * time.Millisecond))
	if err := errors.Join(unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 64<<20),
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &wait)); err != nil {
		b.Fatal(err)
	}
	dup, err := unix.Dup(fd) // the file owns its descriptor
	if err != nil {
		b.Fatal(err)
	}
	f := os.NewFile(uintptr(dup), "socket")
	defer func() { _ = f.Close() }()
	cmd.ExtraFiles = []*os.File{f}
	return perform(b, cmd)
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

// stop has an order that goes on until then ended.
func (p *performer) stop() {
	p.b.Helper()
	if err := p.in.Encode(order{Do: orderStop}); err != nil {
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

// oneWay has a pair send in one direction at full speed for a turn.
func oneWay(pair [2]*performer, octets int) [2]moved {
	return both(pair, order{Do: "send", Size: octets, For: bench.Turn()}, order{Do: "receive"})
}

// sortedCopy returns the values in order.
func sortedCopy[T int | float64 | time.Duration](v []T) []T {
	s := slices.Clone(v)
	slices.Sort(s)
	return s
}

// perSecond is a rate.
func perSecond(m moved) float64 { return float64(m.SDUs) / m.Time.Seconds() }

// us is a time in microseconds.
func us(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// throughput measures one direction at full speed, for a row of the suite if one is named.
func (r *benchRig) throughput(b *testing.B, octets int, row string) {
	b.Helper()
	b.ReportAllocs()
	c := bench.Measure(b, func(c bench.Columns) {
		before := r.daemonTimes(b)
		ours := oneWay(r.vc, octets)
		after := r.daemonTimes(b)
		bare := oneWay(r.bare, octets)
		udp := oneWay(r.udp, min(octets, udpOctets))
		c.Add("ours", perSecond(ours[1]))
		c.Add("bare", perSecond(bare[1]))
		c.Add("udp", perSecond(udp[1]))
		c.Add("lost", 1-float64(ours[1].SDUs)/float64(ours[0].SDUs))
		c.Add("bare-lost", 1-float64(bare[1].SDUs)/float64(bare[0].SDUs))
		daemon := float64(after[0]-before[0]) / float64(ours[0].SDUs)
		c.Add("daemon-cpu-ns", daemon)
		c.Add("sender-cpu-ratio", float64(bare[0].CPU)/float64(bare[0].SDUs)/daemon)
		c.Add("allocs/SDU", max(allocations(ours[0]), allocations(ours[1])))
	})
	ratio := bench.SpreadOf(bench.Ratios(c["ours"], c["bare"]))
	b.ReportMetric(c.Median("ours"), "SDU/s")
	b.ReportMetric(c.Median("ours")*float64(octets)*8/1e9, "Gbit/s")
	b.ReportMetric(c.Median("bare"), "bare-frames/s")
	b.ReportMetric(c.Median("udp"), "udp-datagrams/s")
	b.ReportMetric(ratio.Median, "ratio")
	b.ReportMetric(c.Median("sender-cpu-ratio"), "sender-cpu-ratio")
	b.ReportMetric(c.Median("allocs/SDU"), "allocs/SDU")
	b.Logf("| %d octets | %.0f k SDU/s | bare %.0f k frames/s, UDP %.0f k | ratio %.2f (%.2f to %.2f) | sending daemon %.0f ns of processor an SDU, bare sender / that %.2f | lost %.2f %%, bare %.2f %% | allocs/SDU %.4f |",
		octets, c.Median("ours")/1e3, c.Median("bare")/1e3, c.Median("udp")/1e3, ratio.Median, ratio.Min, ratio.Max,
		c.Median("daemon-cpu-ns"), c.Median("sender-cpu-ratio"), 100*c.Median("lost"), 100*c.Median("bare-lost"), c.Median("allocs/SDU"))
	const mostAllocs = 0.01
	if allocs := c.Median("allocs/SDU"); allocs > mostAllocs {
		b.Errorf("%.3f allocations an SDU, want 0", allocs)
	}
	if row != "" {
		bench.Report(b, row, bench.Figures{
			Ours: c["ours"], Beside: c["bare"], UDP: c["udp"],
			Others: c.Some("lost", "bare-lost", "daemon-cpu-ns", "sender-cpu-ratio", "allocs/SDU"),
		})
	}
}

// allocations are those for an SDU, without some that the runtime makes by itself in each turn.
func allocations(m moved) float64 {
	const itsOwn = 200
	return max(0, float64(m.Mallocs)-itsOwn) / float64(max(m.SDUs, 1))
}

// bothWays measures one VC with SDUs in both directions at once beside one with SDUs in one.
func (r *benchRig) bothWays(b *testing.B, octets int) {
	b.Helper()
	total := func(pair [2]*performer, octets int) float64 {
		o := order{Do: "both", Size: octets, For: bench.Turn()}
		answer := o
		answer.Do = "both answering"
		m := both(pair, o, answer)
		return perSecond(m[0]) + perSecond(m[1])
	}
	c := bench.Measure(b, func(c bench.Columns) {
		c.Add("ours", total(r.vc, octets))
		c.Add("one-way", perSecond(oneWay(r.vc, octets)[1]))
		c.Add("bare-frames/s", total(r.bare, octets))
		c.Add("udp", total(r.udp, min(octets, udpOctets)))
	})
	b.ReportMetric(c.Median("ours"), "SDU/s")
	b.ReportMetric(c.Median("one-way"), "one-way-SDU/s")
	b.ReportMetric(c.Median("bare-frames/s"), "bare-frames/s")
	b.ReportMetric(bench.Median(bench.Ratios(c["ours"], c["one-way"])), "ratio")
	bench.Report(b, fmt.Sprintf("both/%d", octets), bench.Figures{
		Ours: c["ours"], Beside: c["one-way"], UDP: c["udp"], Others: c.Some("bare-frames/s"),
	})
}

// roundTrip measures the time of an SDU of 64 octets to the other client and back, beside blocking sockets whose
// processes share a processor or have one each. The rows are those of the suite for p50 and p99 beside the former, and
// p50 beside the latter.
func (r *benchRig) roundTrip(b *testing.B, rows ...string) {
	b.Helper()
	const octets = 64
	cores := usableCores(b)
	run := func(pair [2]*performer, how string, cores ...int) moved {
		first, second := order{Do: "ping" + how, Size: octets, N: benchTrips}, order{Do: "echo" + how, Size: octets, N: benchTrips}
		if len(cores) > 0 {
			first.Cores, second.Cores = cores[:1], cores[len(cores)-1:]
		}
		return both(pair, first, second)[0]
	}
	c := bench.Measure(b, func(c bench.Columns) {
		for _, t := range []struct {
			name string
			m    moved
		}{
			{"ours", run(r.vc, "")},
			{"shared", run(r.bare, "", cores[0])},
			{"two", run(r.bare, "", cores...)},
			{"spinning", run(r.bare, " spinning", cores...)},
			{"udp-shared", run(r.udp, "", cores[0])},
			{"udp-two", run(r.udp, "", cores...)},
		} {
			c.Add(t.name+"-p50", us(t.m.P50))
			c.Add(t.name+"-p99", us(t.m.P99))
		}
	})
	for _, name := range []string{"ours", "shared", "two", "spinning", "udp-shared", "udp-two"} {
		b.ReportMetric(c.Median(name+"-p50"), name+"-p50-us")
		b.ReportMetric(c.Median(name+"-p99"), name+"-p99-us")
	}
	figures := []bench.Figures{
		{Ours: c["ours-p50"], Beside: c["shared-p50"], UDP: c["udp-shared-p50"]},
		{Ours: c["ours-p99"], Beside: c["shared-p99"], UDP: c["udp-shared-p99"]},
		{Ours: c["ours-p50"], Beside: c["two-p50"], UDP: c["udp-two-p50"]},
	}
	for i, row := range rows {
		bench.Report(b, row, figures[i])
	}
}

// usableCores returns the first two processors that this process may use, or the only one twice.
func usableCores(b *testing.B) []int {
	b.Helper()
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		b.Fatal(err)
	}
	var cores []int
	for n := 0; len(cores) < min(2, set.Count()); n++ {
		if set.IsSet(n) {
			cores = append(cores, n)
		}
	}
	return []int{cores[0], cores[len(cores)-1]}
}
