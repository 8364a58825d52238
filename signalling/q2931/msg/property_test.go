package msg_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// drawMessage draws a message that strict writing accepts, or one that may lack mandatory elements
// if partial.
func drawMessage(t *rapid.T, partial bool) *msg.Message {
	m := &msg.Message{Type: rapid.SampledFrom(msg.Types(msg.Q2931)).Draw(t, "type")}
	if m.Type != msg.Restart && m.Type != msg.RestartAck {
		highest := msg.DummyCallRef
		if m.Type != msg.Facility {
			highest--
		}
		m.CallRef.Value = rapid.Uint32Range(1, highest).Draw(t, "call reference")
	}
	m.CallRef.Flag = flag(t)
	if flag(t) {
		m.Action = msg.Instruction{Flag: true, Action: msg.ActionIndicator(between(t, 0, 2))}
	}
	for _, s := range msg.Slots(m.Type, msg.Q2931) {
		n := s.Copies
		if partial {
			n = between(t, 0, s.Copies)
		}
		for range n {
			draws[s.ID](t, m)
		}
	}
	if m.Restart != nil && m.Restart.Class == ie.RestartAll {
		m.ConnID = nil
	}
	return m
}

// TestRoundTrip proves that what is written is read as the same message and judged right.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMessage(t, false)
		b, err := m.AppendProfile(nil, msg.Q2931)
		if err != nil {
			t.Fatal(err)
		}
		got, v, err := msg.Decode(b, msg.Options{Profile: msg.Q2931})
		if err != nil || v.Decision != msg.Accept || v.LengthMismatch {
			t.Fatalf("%x: %v, %v", b, v, err)
		}
		if diff := cmp.Diff(m, got); diff != "" {
			t.Fatalf("%x: (-sent +received)\n%s", b, diff)
		}
	})
}

// TestShuffled proves that the order of the elements means nothing to the fields and is kept.
func TestShuffled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMessage(t, true)
		for i := range between(t, 0, 2) {
			raw := []byte{0x30 + byte(i), 0x80 | byte(between(t, 0, 15)), 0, 1, 0xff}
			h, _ := ie.ParseHeader(ie.ID(raw[0]), raw[1])
			m.Unknown = append(m.Unknown, ie.Unknown{Header: h, ID: ie.ID(raw[0]), Raw: raw})
		}
		b, err := m.AppendPartial(nil)
		if err != nil {
			t.Fatal(err)
		}
		_, v, err := msg.Decode(b, msg.Options{Profile: msg.Q2931})
		if err != nil {
			t.Fatal(err)
		}
		var order []ie.ID
		for _, f := range v.Findings {
			switch {
			case f.Kind == msg.OK && f.ID != ie.IDRepeat:
				order = append(order, f.ID)
			case f.Kind == msg.UnknownElement:
				order = append(order, msg.NextUnknown)
			}
		}
		m.Order = rapid.Permutation(order).Draw(t, "order")
		if b, err = m.AppendPartial(nil); err != nil {
			t.Fatal(err)
		}
		got, _, err := msg.Decode(b, msg.Options{Profile: msg.Q2931})
		if err != nil {
			t.Fatal(err)
		}
		again, err := got.AppendPartial(nil)
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("wrote\n%x, %v\nwant\n%x", again, err, b)
		}
		m.Order, got.Order = nil, nil
		sortOpaque(m)
		sortOpaque(got)
		if diff := cmp.Diff(m, got); diff != "" {
			t.Fatalf("%x: (-sent +received)\n%s", b, diff)
		}
	})
}

// sortOpaque puts the elements that share one field in the order of their identifiers; copies of
// the same one keep theirs.
func sortOpaque(m *msg.Message) {
	var s []ie.Opaque
	for id := range 256 {
		for _, o := range m.Opaque {
			if o.ID == ie.ID(id) {
				s = append(s, o)
			}
		}
	}
	m.Opaque = s
}

// TestDrawsComplete proves that the random messages know every element of the table.
func TestDrawsComplete(t *testing.T) {
	for _, typ := range msg.Types(msg.Q2931) {
		for _, s := range msg.Slots(typ, msg.Q2931) {
			if draws[s.ID] == nil {
				t.Errorf("%s of %s is never drawn", s.ID, typ)
			}
		}
	}
}

// TestTableCheck proves that a broken table stops the program at its start.
func TestTableCheck(t *testing.T) {
	for _, row := range []struct {
		name   string
		typ    string
		id     ie.ID
		copies int
		broken bool
	}{
		{"good", "X", ie.IDCause, 2, false},
		{"no name", "", ie.IDCause, 1, true},
		{"unknown element", "X", 0x33, 1, true},
		{"element without field", "X", ie.IDDTL, 1, true},
		{"no copies", "X", ie.IDCause, 0, true},
		{"copies of a single field", "X", ie.IDAAL, 2, true},
	} {
		func() {
			defer func() {
				if broken := recover() != nil; broken != row.broken {
					t.Errorf("%s: broken %v", row.name, broken)
				}
			}()
			msg.CheckTable(msg.Setup, row.typ, row.id, row.copies)
		}()
	}
}

// TestNames proves that every type of the table has a name of its own.
func TestNames(t *testing.T) {
	seen := map[string]bool{}
	for _, typ := range msg.Types(msg.Q2931) {
		if seen[typ.String()] {
			t.Errorf("%s twice", typ)
		}
		seen[typ.String()] = true
	}
	if len(seen) != 29 {
		t.Errorf("%d message types, want 29", len(seen))
	}
	if s := msg.Type(0x33).String() + fmt.Sprint(msg.Kind(200), msg.Decision(200)); s != "message 0x33kind 200 decision 200" {
		t.Error(s)
	}
}
