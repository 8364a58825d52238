package msg_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// TestDecoder: one decoder reads all golden messages as Decode does; what it gives away survives the octets that
// came and the messages that follow.
func TestDecoder(t *testing.T) {
	var d msg.Decoder
	type octets struct{ got, want []byte }
	var given []octets
	for _, file := range []struct {
		name string
		n    int
	}{{"q2931/messages.tsv", 800}, {"q2931/mutated.tsv", 300}} {
		for i, cols := range readTSV(t, file.name, file.n) {
			in := unhex(t, cols[0])
			came := bytes.Clone(in)
			want, wantVerdict, wantErr := msg.Decode(in, msg.Options{Profile: msg.Q2931})
			got, verdict, err := d.Decode(came, msg.Options{Profile: msg.Q2931})
			if diff := cmp.Diff(wantErr, err); diff != "" {
				t.Fatalf("%s, line %d: (-Decode +Decoder)\n%s", file.name, i+1, diff)
			}
			if err != nil {
				continue
			}
			if diff := cmp.Diff(wantVerdict, verdict, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("%s, line %d: (-Decode +Decoder)\n%s", file.name, i+1, diff)
			}
			for i := range came {
				came[i] = 0x55
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%s, line %d: (-Decode +Decoder)\n%s", file.name, i+1, diff)
			}
			theirs := octetsOf(want)
			for i, b := range octetsOf(got) {
				given = append(given, octets{b, theirs[i]})
			}
			if i%2 == 0 {
				d.Reset()
				if diff := cmp.Diff(&msg.Message{}, got); diff != "" {
					t.Fatalf("%s, line %d: after Reset (-want +got)\n%s", file.name, i+1, diff)
				}
			}
		}
	}
	if len(given) < 200 {
		t.Errorf("%d strings of octets are too few", len(given))
	}
	for _, o := range given {
		if !bytes.Equal(o.got, o.want) {
			t.Fatalf("octets given away are %x, were %x", o.got, o.want)
		}
	}
}

// octetsOf returns the strings of octets that a message holds.
func octetsOf(m *msg.Message) (all [][]byte) {
	if m.UserUser != nil {
		all = append(all, m.UserUser.Data)
	}
	if m.Notification != nil {
		all = append(all, m.Notification.Info)
	}
	for _, c := range m.Causes {
		all = append(all, c.Diagnostic)
	}
	for _, g := range m.GIT {
		for _, id := range g.Identifiers {
			all = append(all, id.Value)
		}
	}
	for _, o := range m.Opaque {
		all = append(all, o.Data)
	}
	for _, u := range m.Unknown {
		all = append(all, u.Raw)
	}
	return all
}

// TestDecoderWipes: an element that somebody still holds is seen to be gone.
func TestDecoderWipes(t *testing.T) {
	var d msg.Decoder
	m, _, err := d.Decode(benchSetup(t), msg.Options{})
	if err != nil {
		t.Fatal(err)
	}
	td, called := m.TD, m.Called
	d.Reset()
	if *td != (ie.TD{}) || *called != (ie.CalledNumber{}) {
		t.Errorf("%+v, %+v", td, called)
	}
}
