package e2e_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/lab"
)

// Labels of the channels 0/100 and 0/5.
const (
	pvcLabel     = 0x10064
	controlLabel = 0x10005
)

// addConfig adds text to a host's configuration.
func addConfig(tb testing.TB, h *lab.Host, text string) {
	tb.Helper()
	f, err := os.OpenFile(h.Config(), os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteString(text)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		tb.Fatal(err)
	}
}

// pvcPair makes alice and bob with a PVC 0/100: alice finds it by bob's name, bob is offered it for
// selector 7. Their daemons do not run yet.
func pvcPair(tb testing.TB) (l *lab.Lab, alice, bob *lab.Host) {
	tb.Helper()
	l = prepare(tb, lab.Config{Capacity: "100Mbit/s"})
	alice, bob = l.Hosts()[0], l.Hosts()[1]
	addConfig(tb, alice, "[[pvc]]\nname = \"backhaul\"\nlink = \"bob\"\nvci = 100\ndestination = \"bob\"\npcr = \"10Mbit/s\"\nreceive_pcr = \"5Mbit/s\"\n")
	addConfig(tb, bob, "[[pvc]]\nlink = \"alice\"\nvci = 100\nselector = \"07\"\npcr = \"5Mbit/s\"\nreceive_pcr = \"10Mbit/s\"\n")
	return l, alice, bob
}

// acceptPVC takes the PVC that a host is offered.
func acceptPVC(tb testing.TB, c *client.Conn) *client.VC {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	l, err := c.Listen(ctx, client.SAP{Selector: new(uint8(7))})
	if err != nil {
		tb.Fatal(err)
	}
	o, err := l.Accept(ctx)
	if err != nil {
		tb.Fatal(err)
	}
	if !o.Permanent() {
		tb.Errorf("offered %v", o.Parameters())
	}
	v, err := o.Accept(ctx)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

// callPVC makes a call on the PVC to bob. Its link may still be on its way up.
func callPVC(tb testing.TB, c *client.Conn) (v *client.VC) {
	tb.Helper()
	eventually(tb, "the PVC is up", func() (err error) {
		v, err = c.Call(tb.Context(), "bob", &client.CallOptions{Permanent: true})
		return err
	})
	return v
}

// many sends SDUs both ways at once and wants them all, in order.
func many(tb testing.TB, a, b *client.VC, n int) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), 2*patience)
	defer cancel()
	failed := make(chan error, 4)
	for i, dir := range [][2]*client.VC{{a, b}, {b, a}} {
		go func() {
			for k := range n {
				if err := dir[0].Send(ctx, client.SDU{Payload: fmt.Appendf(nil, "%d: %d", i, k)}); err != nil {
					failed <- err
					return
				}
			}
			failed <- nil
		}()
		go func() {
			buf := make([]byte, 100)
			for k := range n {
				s, err := dir[1].Recv(ctx, buf)
				if want := fmt.Sprintf("%d: %d", i, k); err == nil && string(s.Payload) != want {
					err = fmt.Errorf("received %q, want %q", s.Payload, want)
				}
				if err != nil {
					failed <- err
					return
				}
			}
			failed <- nil
		}()
	}
	for range cap(failed) {
		if err := <-failed; err != nil {
			tb.Fatal(err)
		}
	}
}

// TestPVC uses a PVC of the configurations: data goes both ways and nothing is signalled for it, beside
// a call that is; a daemon that is killed comes back to it, and so does a client; its users are told of
// the link.
func TestPVC(t *testing.T) {
	t.Parallel()
	l, alice, bob := pvcPair(t)
	wire := startCapture(t, bob)
	start(t, alice)
	start(t, bob)
	awaitLinks(t, l)
	a, b := dial(t, alice), dial(t, bob)
	called := acceptPVC(t, b)
	calling := callPVC(t, a)
	const n = 1000
	many(t, calling, called, n)
	for _, c := range []*client.Conn{a, b} {
		k := linkOf(t, c)
		if k.GetReserved() == 0 || counter(k.GetCounters(), "messages_out_setup")+counter(k.GetCounters(), "messages_in_setup") != 0 {
			t.Errorf("%d bit/s reserved, counters %v", k.GetReserved(), k.GetCounters())
		}
	}
	wire.stop()
	wantUnsignalled(t, wire.frames, 2*n)
	if err := calling.Close(); err != nil {
		t.Error(err)
	}

	// A call beside it gets another channel.
	svc, other := mustConnect(t, a, b, bob, 1, reserve(1e6))
	if ch := svc.Channel(); ch.GetVci() == 100 {
		t.Errorf("a call is on the channel of a PVC: %v", ch)
	}
	wantFlow(t, svc, other)
	_ = svc.Close()
	_ = other.Close()

	// Alice's daemon dies under a use and comes back; bob is told of nothing.
	calling = callPVC(t, a)
	kill(t, alice)
	<-calling.Released()
	start(t, alice)
	a = dial(t, alice)
	calling = callPVC(t, a)
	wantFlow(t, calling, called)
	if err := called.Err(); err != nil {
		t.Errorf("bob's end: %v", err)
	}

	// A client that is gone gives it back.
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	a = dial(t, alice)
	calling = callPVC(t, a)
	wantFlow(t, calling, called)

	// Both users are told of the link.
	ip(t, alice, "link", "set", "eth0", "down")
	for _, v := range []*client.VC{calling, called} {
		<-v.LinkChanges()
		if s := v.LinkStatus(); s.Up || !strings.Contains(s.Detail, "down") {
			t.Errorf("told %+v", s)
		}
	}
	if err := calling.Close(); err != nil {
		t.Error(err)
	}
	_, err := a.Call(t.Context(), "bob", &client.CallOptions{Permanent: true})
	if e, ok := errors.AsType[*client.Error](err); !ok || e.Status != cmdpb.Status_DEST_OUT_OF_ORDER {
		t.Errorf("a call while the link is down: %v", err)
	}
	ip(t, alice, "link", "set", "eth0", "up")
	<-called.LinkChanges()
	calling = callPVC(t, a)
	wantFlow(t, calling, called)
}

// wantUnsignalled looks for the frames of the PVC, and for messages of a call among those of the control
// VC: a call reference other than 0 behind an SD PDU.
func wantUnsignalled(t *testing.T, frames [][]byte, least int) {
	t.Helper()
	data, control := 0, 0
	for _, f := range frames {
		if len(f) < 22 || binary.BigEndian.Uint16(f[12:]) != 0x8847 {
			continue
		}
		switch binary.BigEndian.Uint32(f[14:]) >> 12 {
		case pvcLabel:
			data++
		case controlLabel:
			control++
			if msg := f[22:]; len(msg) > 9 && msg[0] == 9 && !bytes.Equal(msg[1:5], []byte{3, 0, 0, 0}) && !bytes.Equal(msg[1:5], []byte{3, 0x80, 0, 0}) {
				t.Errorf("a message of a call: %x", msg)
			}
		default:
			t.Errorf("a frame of another channel: %x", f)
		}
	}
	if data != least || control == 0 {
		t.Errorf("%d frames of the PVC, want %d; %d of the control VC", data, least, control)
	}
}

// TestPVCKilledClient: a client that is killed gives its PVC back, which is offered to the next one.
func TestPVCKilledClient(t *testing.T) {
	t.Parallel()
	l, alice, bob := pvcPair(t)
	start(t, alice)
	start(t, bob)
	awaitLinks(t, l)
	watch := dial(t, bob)
	// owner waits until a process has the PVC of bob's; zero stands for nobody.
	owner := func(pid int) {
		t.Helper()
		eventually(t, fmt.Sprintf("process %d has the PVC", pid), func() error {
			pvcs, err := watch.PVCs(t.Context())
			if err == nil && (len(pvcs) != 1 || int(pvcs[0].GetPid()) != pid) {
				err = fmt.Errorf("%v", pvcs)
			}
			return err
		})
	}
	first := cmctl(t, bob, nil, "listen", "--sel", "7", "--echo", "--lines")
	owner(first.cmd.Process.Pid)
	second := cmctl(t, bob, nil, "listen", "--echo", "--lines") // takes any selector
	c := dial(t, alice)
	calling := callPVC(t, c)
	echoed(t, calling, "to the first\n")
	first.signal(unix.SIGKILL)
	first.wait()
	owner(second.cmd.Process.Pid)
	echoed(t, calling, "to the second\n")
	second.signal(unix.SIGKILL)
	second.wait()
	owner(0)
}

// echoed sends a line until it comes back.
func echoed(t *testing.T, v *client.VC, line string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	got := make(chan error, 1)
	go func() {
		buf := make([]byte, 100)
		for {
			s, err := v.Recv(ctx, buf)
			if err != nil || string(s.Payload) == line {
				got <- err
				return
			}
		}
	}()
	eventually(t, "the line comes back", func() error {
		if err := v.Send(ctx, client.SDU{Payload: []byte(line)}); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-got:
			return err
		default:
			return errors.New("not yet")
		}
	})
}

// TestPVCConfiguration: a configuration that is wrong stops the daemon with the places of the mistakes; a
// PVC for which the NIC turns out too slow is refused, and told of.
func TestPVCConfiguration(t *testing.T) {
	t.Parallel()
	l, alice, bob := pvcPair(t)
	good, err := os.ReadFile(alice.Config())
	if err != nil {
		t.Fatal(err)
	}
	addConfig(t, alice, "[[pvc]]\nlink = \"bob\"\nvci = 100\n[[pvc]]\nlink = \"carol\"\nvci = 31\n[[pvc]]\nlink = \"bob\"\nvci = 101\npcr = \"50Mbit/s\"\n")
	p := launch(t, nil, command(need(t).daemon, "check", "--config", alice.Config()))
	p.want(78, "pvc.vci: the PVC on line", "has 0/100 on link \"bob\" already", "there is no link \"carol\"", "31 is no virtual channel identifier",
		"link \"bob\" has no room for it: sending takes 89.584Mbit/s of the wire")
	// Without a capacity the NIC's speed counts: that of a veth is 10 Gbit/s.
	text := strings.Replace(string(good), "capacity = \"100Mbit/s\"\n", "", 1) + "[[pvc]]\nlink = \"bob\"\nvci = 101\ndestination = \"bob\"\nbhli = \"01\"\npcr = \"6Gbit/s\"\n"
	if err := os.WriteFile(alice.Config(), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, alice)
	start(t, bob)
	awaitLinks(t, l)
	c := dial(t, alice)
	_, err = c.Call(t.Context(), "", &client.CallOptions{Channel: &client.Channel{VCI: 101}})
	if e, ok := errors.AsType[*client.Error](err); !ok || e.Status != cmdpb.Status_CELLRATE_NOT_AVAILABLE {
		t.Errorf("a call on a PVC without room: %v", err)
	}
	if s := output(t, alice, "status"); !strings.Contains(s, "PVC bob 0/101 is refused") {
		t.Errorf("the status is\n%s", s)
	}
	callPVC(t, c)
	// One that is added has the rest, and gives it back.
	cmctl(t, alice, nil, "pvc", "add", "bob", "0/102", "--pcr", "1Gbit/s").want(0)
	reserved := linkOf(t, c).GetReserved()
	cmctl(t, alice, nil, "pvc", "delete", "0/102").want(0)
	if now := linkOf(t, c).GetReserved(); now == 0 || now >= reserved {
		t.Errorf("%d bit/s reserved with it and %d without", reserved, now)
	}
}
