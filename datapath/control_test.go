package datapath_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"callmanager/datapath"
	"callmanager/datapath/frame"
	"callmanager/nicio/mem"
	"callmanager/vc"
)

// An inbox keeps the control SDUs that arrived, and when.
type inbox struct {
	mu   sync.Mutex
	sdus []string
	at   []time.Duration
	born time.Time
}

func (i *inbox) receive(link vc.LinkID, sdu []byte) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.sdus = append(i.sdus, fmt.Sprintf("%d:%s", link, sdu))
	i.at = append(i.at, time.Since(i.born))
	clear(sdu) // It is ours.
}

func TestControlChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := mem.New(mem.Config{})
		var in inbox
		a := newEngine(t, nicA, station(t, w, macA), macB, nil)
		b := newEngine(t, nicB, station(t, w, macB), macA, func(c *datapath.Config) { c.Receive = in.receive })
		a.StartControl()
		b.StartControl()
		var want []string
		for i := range 300 {
			sdu := fmt.Appendf(nil, "SD %d", i)
			a.Channel(1).Send(sdu)
			want = append(want, "1:"+string(sdu))
			clear(sdu) // Send has copied it.
		}
		synctest.Wait()
		in.mu.Lock()
		defer in.mu.Unlock()
		if diff := cmp.Diff(want, in.sdus); diff != "" {
			t.Errorf("arrived (-want +got):\n%s", diff)
		}
		if a.Channel(2) != nil {
			t.Error("an unknown link has a channel")
		}
	})
}

func TestControlLimits(t *testing.T) {
	w := mem.New(mem.Config{})
	st, err := w.Station([6]byte(macA))
	must(t, err)
	st.SetMTU(9000)
	n := station(t, w, macA)
	n.MTU = 9000
	a := newEngine(t, nicA, n, macB, nil)
	if got := a.Channel(1).Limit(); got != datapath.MaxControlSDU {
		t.Errorf("limit with jumbo frames %d, want %d", got, datapath.MaxControlSDU)
	}
	for _, n := range []int{0, 1, datapath.MaxControlSDU, datapath.MaxControlSDU + 1} {
		a.Channel(1).Send(make([]byte, n))
	}
	want := map[string]uint64{
		"control_tx_sdus": 2, "control_tx_octets": 1 + datapath.MaxControlSDU,
		"control_tx_drop_empty_sdu": 1, "control_tx_drop_oversize": 1,
	}
	got := changes(nil, counts(a))
	for name := range got {
		if _, ok := want[name]; !ok && name[:4] == "nic_" {
			delete(got, name)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("counters (-want +got):\n%s", diff)
	}
	b := newEngine(t, nicB, station(t, w, macB), macA, nil)
	if got := b.Channel(1).Limit(); got != 1492 {
		t.Errorf("limit at an MTU of 1500 is %d, want 1492", got)
	}
	long := make([]byte, datapath.MaxControlSDU+1)
	b.InjectControl(nicB, ether(macB, macA, mpls(frame.Signalling, frame.NewWord(0, len(long), 1), long)))
	if got := counts(b)["control_rx_drop_oversize"]; got != 1 {
		t.Errorf("%d oversize SDUs counted, want 1", got)
	}
}

// TestControlOrder feeds the control port late frames, duplicates and those of other channels: none
// reaches the signalling.
func TestControlOrder(t *testing.T) {
	var in inbox
	w := mem.New(mem.Config{})
	b := newEngine(t, nicB, station(t, w, macB), macA, func(c *datapath.Config) { c.Receive = in.receive })
	feed := func(seq uint16, text string) {
		b.InjectControl(nicB, ether(macB, macA, mpls(frame.Signalling, frame.NewWord(0, len(text), seq), []byte(text))))
	}
	for _, f := range []struct {
		seq  uint16
		text string
	}{{1, "BGN"}, {1, "BGN"}, {2, "a"}, {4, "c"}, {3, "b"}, {4, "c"}, {5, "d"}, {1, "BGN anew"}, {2, "e"}} {
		feed(f.seq, f.text)
	}
	b.InjectControl(nicB, ether(macB, macA, mpls(0x10064, frame.NewWord(0, 3, 3), []byte("vc!"))))
	b.InjectControl(nicB, ether(macB, vc.MAC{2, 2, 2, 2, 2, 2}, mpls(frame.Signalling, frame.NewWord(0, 3, 3), []byte("who"))))
	if diff := cmp.Diff([]string{"1:BGN", "1:a", "1:c", "1:d", "1:BGN anew", "1:e"}, in.sdus); diff != "" {
		t.Errorf("arrived (-want +got):\n%s", diff)
	}
	want := map[string]uint64{
		"control_rx_frames": 10, "control_rx_sdus": 6, "control_rx_octets": 3 + 3 + 8 + 1, "control_rx_lost": 1,
		"control_rx_drop_late": 3, "control_rx_drop_unknown_vc": 1, "nic_control_rx_drop_foreign_mac": 1,
	}
	if diff := cmp.Diff(want, changes(nil, counts(b))); diff != "" {
		t.Errorf("counters (-want +got):\n%s", diff)
	}
}

// TestFullQueueOfTheNIC drops a control SDU rather than wait.
func TestFullQueueOfTheNIC(t *testing.T) {
	out := &sink{room: 1}
	e := newEngine(t, nicA, datapath.NIC{Data: &sink{}, Control: out}, macB, nil)
	e.Channel(1).Send([]byte("one"))
	e.Channel(1).Send([]byte("two"))
	out.broken = true
	e.Channel(1).Send([]byte("three"))
	c := counts(e)
	if c["control_tx_sdus"] != 1 || c["control_tx_drop_busy"] != 1 || c["control_tx_drop_port_failed"] != 1 {
		t.Errorf("counters %v", changes(nil, c))
	}
}

// TestControlDelay holds SDUs back in both directions, to the nanosecond and in order, and nothing
// else.
func TestControlDelay(t *testing.T) {
	const delay = 20 * time.Millisecond
	for _, slow := range []string{"sender", "receiver", "both"} {
		t.Run(slow, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := mem.New(mem.Config{})
				in := inbox{born: time.Now()}
				a := newEngine(t, nicA, station(t, w, macA), macB, func(c *datapath.Config) {
					if slow != "receiver" {
						c.ControlDelay = delay
					}
				})
				b := newEngine(t, nicB, station(t, w, macB), macA, func(c *datapath.Config) {
					c.Receive = in.receive
					if slow != "sender" {
						c.ControlDelay = delay
					}
				})
				a.StartControl()
				b.StartControl()
				var want []string
				var due []time.Duration
				total := delay
				if slow == "both" {
					total *= 2
				}
				for i := range 100 {
					a.Channel(1).Send(fmt.Append(nil, i))
					want = append(want, fmt.Sprintf("1:%d", i))
					due = append(due, time.Since(in.born)+total)
					time.Sleep(time.Duration(i%3) * time.Millisecond)
				}
				time.Sleep(3 * delay)
				synctest.Wait()
				in.mu.Lock()
				defer in.mu.Unlock()
				if diff := cmp.Diff(want, in.sdus); diff != "" {
					t.Errorf("order (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(due, in.at); diff != "" {
					t.Errorf("times (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestPeerInTheOtherMode shows in the link's reason, and goes away when the peer turns to frame
// mode.
func TestPeerInTheOtherMode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var reasons []string
		w := mem.New(mem.Config{})
		e := newEngine(t, nicA, station(t, w, macA), macB, func(c *datapath.Config) {
			c.Status = func(_ vc.LinkID, st vc.LinkStatus) {
				mu.Lock()
				defer mu.Unlock()
				if !st.Up {
					t.Errorf("link is down: %+v", st)
				}
				reasons = append(reasons, st.Reason)
			}
		})
		e.StartControl()
		e.StartWatch(nicA)
		synctest.Wait()
		cell := ether(macA, macB, mpls(frame.CellLabel, 1, bytes.Repeat([]byte{0}, 104)))
		for range 3 {
			e.InjectRx(nicA, cell)
		}
		synctest.Wait()
		e.InjectControl(nicA, ether(macA, macB, mpls(frame.Signalling, frame.NewWord(0, 8, 1), make([]byte, 8))))
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		want := []string{
			"",
			"peer 02:00:00:00:00:0b sends ATM cells on label 32: it is in cell mode, this link in frame mode",
			"",
		}
		if diff := cmp.Diff(want, slices.Clone(reasons)); diff != "" {
			t.Errorf("reasons (-want +got):\n%s", diff)
		}
	})
}

func TestStatusSaysWhatIsWrong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := mem.New(mem.Config{})
		states := make(chan datapath.LinkState)
		n := station(t, w, macA)
		n.Changes, n.Speed = states, 1e9
		var mu sync.Mutex
		var got []vc.LinkStatus
		e := newEngine(t, nicA, n, macB, func(c *datapath.Config) {
			c.Status = func(_ vc.LinkID, st vc.LinkStatus) {
				mu.Lock()
				defer mu.Unlock()
				got = append(got, st)
			}
		})
		e.StartControl()
		e.StartWatch(nicA)
		good := datapath.LinkState{Index: 1, MTU: 1500, Up: true, Carrier: true, Ethernet: true, Speed: 1e9}
		noCarrier, down, other, tiny := good, good, good, good
		noCarrier.Carrier, down.Up, other.Ethernet, tiny.MTU = false, false, false, 8
		for _, s := range []datapath.LinkState{good, noCarrier, down, {}, other, tiny, good} {
			states <- s
		}
		close(states)
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		up := vc.LinkStatus{Up: true, MAC: macA, MaxSDU: 1492, Largest: vc.MaxSDULen, Speed: 1e9}
		bad := func(why string) vc.LinkStatus {
			st := up
			st.Up, st.Reason = false, why
			return st
		}
		small := bad("interface ethA has an MTU of 8 octets, which carries nothing")
		small.MaxSDU, small.Largest = 0, 0
		want := []vc.LinkStatus{
			up,
			bad("interface ethA has no carrier"),
			bad("interface ethA is administratively down"),
			{Reason: "interface ethA does not exist"},
			bad("interface ethA is not Ethernet"),
			small,
			up,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("states (-want +got):\n%s", diff)
		}
	})
}

// TestFailedPort lets a port fail for good: the link is down and says why, and branches can still
// be removed.
func TestFailedPort(t *testing.T) {
	w := mem.New(mem.Config{})
	n := station(t, w, macA)
	seen := newStates()
	e := newEngine(t, nicA, n, macB, func(c *datapath.Config) { c.Status = seen.note })
	open(t, e, 1, 100, flow(1000))
	e.Start()
	seen.await(t, "up", up)
	must(t, n.Data.Close())
	st := seen.await(t, "down", func(st vc.LinkStatus) bool { return !st.Up })
	if !strings.Contains(st.Reason, "closed") {
		t.Errorf("reason %q, want one that says that the port is closed", st.Reason)
	}
	gone := make(chan struct{})
	e.Deactivate(id(100), true, func(vc.DrainReport) { close(gone) })
	<-gone
}

func TestPeerWithOurOwnAddress(t *testing.T) {
	w := mem.New(mem.Config{})
	seen := newStates()
	e := newEngine(t, nicA, station(t, w, macA), macA, func(c *datapath.Config) { c.Status = seen.note })
	e.Start()
	seen.await(t, "told of its mistake", func(st vc.LinkStatus) bool {
		return !st.Up && strings.Contains(st.Reason, "own address")
	})
}
