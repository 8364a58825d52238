package datapath_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"callmanager/datapath"
	"callmanager/datapath/frame"
	"callmanager/datapath/ring"
	"callmanager/nicio"
	"callmanager/nicio/mem"
	"callmanager/vc"
)

const (
	nicA, nicB = "ethA", "ethB"
	// fast is a rate that no test reaches.
	fast = vc.CellRate(1<<31 - 1)
)

var (
	macA = vc.MAC{2, 0, 0, 0, 0, 0xA}
	macB = vc.MAC{2, 0, 0, 0, 0, 0xB}
)

// flow is what one direction carries in tests that are not about rates.
func flow(maxSDU int) vc.Flow { return vc.Flow{PCR: fast, MaxSDU: uint16(maxSDU)} }

// paced is what one direction carries at a rate.
func paced(pcr vc.CellRate, maxSDU int) vc.Flow { return vc.Flow{PCR: pcr, MaxSDU: uint16(maxSDU)} }

// workers is how many workers the engines of the tests have; TestWithManyWorkers changes it.
var workers = 1

// station opens the ports of an engine's NIC on a wire.
func station(tb testing.TB, w *mem.Wire, mac vc.MAC) datapath.NIC {
	tb.Helper()
	reject, err := nicio.RejectLabels(uint32(frame.Signalling))
	must(tb, err)
	accept, err := nicio.AcceptLabels(uint32(frame.Signalling))
	must(tb, err)
	return portsOf(tb, w, mac, reject, accept)
}

// portsOf opens a data port for each worker, and a control port.
func portsOf(tb testing.TB, w *mem.Wire, mac vc.MAC, data, control []bpf.RawInstruction) (n datapath.NIC) {
	tb.Helper()
	s, err := w.Station(nicio.MAC(mac))
	must(tb, err)
	ports, err := s.OpenFanout(nicio.Config{Filter: data}, workers)
	must(tb, err)
	for _, p := range ports[1:] {
		n.More = append(n.More, p)
	}
	n.Data = ports[0]
	n.Control, err = s.Open(nicio.Config{Filter: control})
	must(tb, err)
	return n
}

// newEngine makes an engine with link 1 to a peer on one interface. It is closed with the test.
func newEngine(tb testing.TB, name string, n datapath.NIC, peer vc.MAC, more func(*datapath.Config)) *datapath.Engine {
	tb.Helper()
	cfg := datapath.Config{
		Links:   []datapath.LinkConfig{{ID: 1, Name: "peer", Interface: name, Peer: peer}},
		NICs:    map[string]datapath.NIC{name: n},
		Workers: workers,
		Receive: func(vc.LinkID, []byte) {},
	}
	if more != nil {
		more(&cfg)
	}
	e, err := datapath.New(cfg)
	must(tb, err)
	tb.Cleanup(func() {
		if err := e.Close(); err != nil {
			tb.Errorf("close: %v", err)
		}
	})
	return e
}

// A pair is two engines on a wire.
type pair struct {
	a, b *datapath.Engine
}

// newPair makes two engines that are not started: the test is their workers.
func newPair(tb testing.TB) *pair {
	tb.Helper()
	w := mem.New(mem.Config{})
	return &pair{
		a: newEngine(tb, nicA, station(tb, w, macA), macB, nil),
		b: newEngine(tb, nicB, station(tb, w, macB), macA, nil),
	}
}

// open makes VC h on channel 0/vci of link 1 with one flow for both directions, and returns the
// client's end.
func open(tb testing.TB, e *datapath.Engine, h vc.Handle, vci vc.VCI, f vc.Flow) *ring.Endpoint {
	tb.Helper()
	end := openVC(tb, e, h, vc.RingSpec{Send: f, Receive: f})
	must(tb, e.Activate(id(vci), h, vc.BranchSpec{Send: f, Receive: f}))
	e.OpenTransmit(id(vci))
	return end
}

func id(vci vc.VCI) vc.ID { return vc.ID{Link: 1, VPI: 0, VCI: vci} }

// openVC makes a VC and returns the client's end, entered. It is closed with the test.
func openVC(tb testing.TB, e *datapath.Engine, h vc.Handle, spec vc.RingSpec) *ring.Endpoint {
	tb.Helper()
	end := openEnd(tb, e, h, spec)
	tb.Cleanup(func() { closeEnd(end) })
	return end
}

// closeEnd closes a client's end.
func closeEnd(end *ring.Endpoint) {
	end.Leave()
	_ = end.Close() // Never fails.
}

// openEnd is openVC for one who closes the end himself.
func openEnd(tb testing.TB, e *datapath.Engine, h vc.Handle, spec vc.RingSpec) *ring.Endpoint {
	tb.Helper()
	ports, err := e.OpenVC(h, spec)
	must(tb, err)
	end, err := ring.Open(ring.Descriptors{Memory: dup(tb, ports.Memory.Fd()), Doorbell: dup(tb, ports.Doorbell.Fd())})
	must(tb, err)
	must(tb, ports.Close())
	if !end.Enter() {
		tb.Fatal("a new endpoint is closed")
	}
	return end
}

func dup(tb testing.TB, fd uintptr) int {
	tb.Helper()
	n, err := unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 3)
	must(tb, err)
	return n
}

// push puts an SDU into the client's ring.
func push(tb testing.TB, end *ring.Endpoint, sdu []byte, m ring.Meta) {
	tb.Helper()
	if err := end.Tx.TryPush(ring.Record{Meta: m, Payload: sdu}); err != nil {
		tb.Fatalf("push %d octets: %v", len(sdu), err)
	}
	end.Tx.Flush()
}

// pull takes the next SDU out of the client's ring; ok is false when there is none.
func pull(end *ring.Endpoint) (sdu []byte, m ring.Meta, ok bool) {
	rec, ok := end.Rx.Next()
	if !ok {
		return nil, ring.Meta{}, false
	}
	sdu = bytes.Clone(rec.Payload)
	end.Rx.Release()
	return sdu, rec.Meta, true
}

// sduOf makes an SDU of n octets that tells its serial number.
func sduOf(serial, n int) []byte {
	b := bytes.Repeat([]byte{byte(serial)}, max(n, 4))
	binary.BigEndian.PutUint32(b, uint32(serial))
	return b[:n]
}

// ether makes a frame from one address to another.
func ether(dst, src vc.MAC, payload []byte) []byte {
	b := make([]byte, nicio.HeaderLen, nicio.HeaderLen+len(payload))
	nicio.PutHeader(b, nicio.MAC(dst), nicio.MAC(src), nicio.EtherTypeMPLS)
	return append(b, payload...)
}

// mpls makes a payload in frame mode.
func mpls(l frame.Label, w frame.Word, sdu []byte) []byte {
	var h [frame.HeadLen]byte
	frame.PutHead(&h, frame.NewEntry(l), w)
	return append(h[:], sdu...)
}

// counts returns the counters of link 1 by name, but for those of single workers.
func counts(e *datapath.Engine) map[string]uint64 { return countsOf(e, 1) }

// countsOf returns those of another link.
func countsOf(e *datapath.Engine, link vc.LinkID) map[string]uint64 {
	m := make(map[string]uint64)
	for _, c := range e.LinkCounters(link) {
		if strings.HasPrefix(c.Name, "worker_") {
			continue
		}
		if _, ok := m[c.Name]; ok {
			panic(fmt.Sprintf("counter %s appears twice", c.Name))
		}
		m[c.Name] = c.Value
	}
	return m
}

// changes returns the counters that differ between two readings, by how much.
func changes(before, after map[string]uint64) map[string]uint64 {
	d := make(map[string]uint64)
	for k, v := range after {
		if v != before[k] {
			d[k] = v - before[k]
		}
	}
	return d
}

func traffic(tb testing.TB, e *datapath.Engine, h vc.Handle) vc.Traffic {
	tb.Helper()
	tr, ok := e.Traffic(h)
	if !ok {
		tb.Fatalf("VC %s is unknown", h)
	}
	return tr
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
