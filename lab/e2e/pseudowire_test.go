package e2e_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"callmanager/client"
	"callmanager/lab"
)

// wires are pseudowires of each mode between alice and bob: what one sends is what the other takes.
var wires = []struct {
	mode           string
	vpi, vci       int
	toBob, toAlice uint32 // labels
}{
	{"one-to-one-vcc", 0, 100, 1000, 1001},
	{"one-to-one-vpc", 3, 101, 1002, 1003},
	{"aal5-pdu", 0, 102, 1004, 1005},
	{"aal5-sdu", 0, 103, 1006, 1006},
}

// TestPseudowires sends SDUs of several sizes both ways over pseudowires of each mode. What is on the wire
// has the labels of the configuration, and an independent decoder reads it as what it is.
func TestPseudowires(t *testing.T) {
	t.Parallel()
	l := prepare(t, lab.Config{Capacity: "100Mbit/s"})
	alice, bob := l.Hosts()[0], l.Hosts()[1]
	for _, w := range wires {
		text := "[[pseudowire]]\nlink = %q\nvpi = %d\nvci = %d\nlocal_label = %d\nremote_label = %d\nmode = %q\npcr = \"5Mbit/s\"\n"
		addConfig(t, alice, fmt.Sprintf(text, "bob", w.vpi, w.vci, w.toAlice, w.toBob, w.mode))
		addConfig(t, bob, fmt.Sprintf(text, "alice", w.vpi, w.vci, w.toBob, w.toAlice, w.mode))
	}
	capture := startCapture(t, bob)
	start(t, alice)
	start(t, bob)
	awaitLinks(t, l)
	a, b := dial(t, alice), dial(t, bob)
	sizes := []int{1, 40, 41, 500, 1492}
	for _, w := range wires {
		to := &client.CallOptions{Channel: &client.Channel{VPI: uint8(w.vpi), VCI: uint16(w.vci)}}
		ends := make([]*client.VC, 2)
		for i, c := range []*client.Conn{a, b} {
			var err error
			if ends[i], err = c.Call(t.Context(), "", to); err != nil {
				t.Fatal(err)
			}
		}
		for i, from := range ends {
			for _, n := range sizes {
				want := bytes.Repeat([]byte{byte(n + i)}, n)
				if err := from.Send(t.Context(), client.SDU{Payload: want, UU: 1, CLP: n == 500}); err != nil {
					t.Fatal(err)
				}
				buf := make([]byte, 1500)
				got, err := ends[1-i].Recv(t.Context(), buf)
				if err != nil || !bytes.Equal(got.Payload, want) || got.UU != 1 || got.CLP != (n == 500) {
					t.Fatalf("%s: %d octets, UU %d, CLP %v, want %d: %v", w.mode, len(got.Payload), got.UU, got.CLP, n, err)
				}
			}
		}
		for _, v := range ends {
			if err := v.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	capture.stop()
	var frames [][]byte
	seen := make(map[uint32]int)
	for _, f := range capture.frames {
		if len(f) < 22 || binary.BigEndian.Uint16(f[12:]) != 0x8847 {
			continue
		}
		switch label := binary.BigEndian.Uint32(f[14:]) >> 12; label {
		case controlLabel:
		default:
			seen[label]++
			frames = append(frames, f)
		}
	}
	for _, w := range wires {
		least := len(sizes)
		if w.mode != "aal5-sdu" {
			least++ // the largest takes two frames
		}
		if w.toBob == w.toAlice {
			least *= 2
		}
		for _, label := range []uint32{w.toBob, w.toAlice} {
			if seen[label] != least {
				t.Errorf("%s: %d frames on label %d, want %d", w.mode, seen[label], label, least)
			}
		}
	}
	if len(seen) != 7 {
		t.Errorf("frames on labels %v", seen)
	}
	c := linkOf(t, b)
	if got := counter(c.GetCounters(), "wire_rx_pdus"); got != uint64(3*len(sizes)) {
		t.Errorf("%d PDUs came in", got)
	}
	readWires(t, frames)
	damage(t, alice, b)
}

// readWires has tshark read frames of pseudowires.
func readWires(t *testing.T, frames [][]byte) {
	t.Helper()
	if _, err := exec.LookPath("tshark"); err != nil {
		t.Log("tshark is not here (Debian package tshark): its reading is left out")
		return
	}
	var options []string
	modes := make(map[uint32]string)
	for _, w := range wires {
		decoder := "mplspwatm11_or_aal5pdu"
		if w.mode == "aal5-sdu" {
			decoder = "mplspwatmaal5sdu"
		}
		for _, label := range []uint32{w.toBob, w.toAlice} {
			modes[label] = w.mode
			options = append(options, "-d", fmt.Sprintf("mpls.label==%d,%s", label, decoder))
		}
	}
	rows := tshark(t, writePcap(t, linkEthernet, frames), "f", options, []string{"frame.protocols", "_ws.malformed", "_ws.expert.severity"})
	if len(rows) != len(frames) {
		t.Fatalf("tshark reads %d of %d frames", len(rows), len(frames))
	}
	const behindLabel, severe = 18, "8388608"
	for i, r := range rows {
		b := frames[i]
		want, times := "mpls:mplspwatmcontrolword:mplspwatmcellheader:atm", 1
		switch modes[binary.BigEndian.Uint32(b[14:])>>12] {
		case "one-to-one-vcc":
			want, times = ":mplspwatmcell:", (len(b)-behindLabel-3)/49
		case "one-to-one-vpc":
			want, times = ":mplspwatmcell:", (len(b)-behindLabel-3)/51
		case "aal5-sdu":
			want = "mpls:mplspwatmcontrolword:atm"
		}
		if strings.Count(r[0], want) != times || r[1] != "" || r[2] == severe {
			t.Errorf("tshark reads %x as %q, want %d times %q", b, r, times, want)
		}
	}
}

// damage sends frames of a pseudowire that cannot be used, and wants each counted under its reason.
func damage(t *testing.T, from *lab.Host, c *client.Conn) {
	t.Helper()
	fd := packetSocket(t, from, 0)
	dst := mac(t, "02:00:00:00:00:02")
	cells := bytes.Repeat([]byte{0xA5}, 48)
	for name, body := range map[string][]byte{
		"wire_rx_drop_not_pseudowire": append([]byte{0x10, 0, 0, 0}, cells...),
		"wire_rx_drop_flagged":        append([]byte{0, 0, 0, 0x20}, cells...),
		"wire_rx_drop_wrong_m":        append([]byte{0, 0, 0, 0x80}, cells...),
		"wire_rx_drop_partial_cell":   append([]byte{0, 0, 0, 0}, append(cells, 1)...),
		"wire_rx_cells_f5_end_to_end": append([]byte{0, 0, 0, 5 << 1}, cells...),
		"wire_rx_pdu_bad_length":      append([]byte{0, 0, 0, 1 << 1}, cells...), // a last cell of no PDU
	} {
		f := ether(dst, mac(t, from.MAC), 0x8847, binary.BigEndian.AppendUint32(nil, wires[0].toBob<<12|0x1FF), body)
		if _, err := unix.Write(fd, f); err != nil {
			t.Fatal(err)
		}
		eventually(t, name, func() error {
			if counter(linkOf(t, c).GetCounters(), name) != 1 {
				return errors.New("not counted")
			}
			return nil
		})
	}
}
