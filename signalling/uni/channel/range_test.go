package channel_test

import (
	"testing"

	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/uni/channel"
	"callmanager/vc"
)

var (
	all  = channel.Range{Class: ie.RestartAll}
	path = channel.Range{Class: ie.RestartVP, VPI: 2}
	one  = channel.Range{Class: ie.RestartVC, VPI: 2, VCI: 40}
)

// TestRange: what a range covers, is called and looks like in a RESTART, which is read
// as the same again.
func TestRange(t *testing.T) {
	for _, row := range []struct {
		r                   channel.Range
		same, beside, other bool // 2/40, 2/41, 3/40
		name                string
		named               bool
	}{
		{one, true, false, false, "VPI/VCI 2/40", true},
		{path, true, true, false, "VPI 2", true},
		{all, true, true, true, "the whole link", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			for ch, want := range map[vc.ID]bool{
				{Link: 5, VPI: 2, VCI: 40}: row.same, {Link: 5, VPI: 2, VCI: 41}: row.beside, {Link: 5, VPI: 3, VCI: 40}: row.other,
			} {
				if row.r.Covers(ch) != want {
					t.Errorf("covers %v: %v", ch, !want)
				}
			}
			if got := row.r.String(); got != row.name || row.r.Fault() != "" {
				t.Errorf("%q, fault %q", got, row.r.Fault())
			}
			m := row.r.Message()
			m.Type, m.CallRef = msg.Restart, msg.CallRef{}
			b, err := m.Append(nil)
			if err != nil {
				t.Fatal(err)
			}
			m, v, err := msg.Decode(b, msg.Options{})
			if err != nil || v.Decision != msg.Accept || (m.ConnID != nil) != row.named {
				t.Fatalf("read %+v, %+v: %v", m, v, err)
			}
			if got := channel.RangeOf(m); got != row.r || channel.Unknown(m) {
				t.Errorf("read as %+v", got)
			}
		})
	}
}

// TestFault: what a link does not have, when an operator names it and when the peer does.
func TestFault(t *testing.T) {
	for _, row := range []struct {
		r    channel.Range
		want string
	}{
		{channel.Range{Class: ie.RestartVC, VCI: 31}, "VPI/VCI 0/31 is none for calls"},
		{channel.Range{Class: ie.RestartVC, VPI: vc.MaxVPI + 1, VCI: 40}, "there is no VPI 15"},
		{channel.Range{Class: ie.RestartVP, VPI: 200}, "there is no VPI 200"},
	} {
		if got := row.r.Fault(); got != row.want {
			t.Errorf("%v: %q, want %q", row.r, got, row.want)
		}
		if !channel.Unknown(row.r.Message()) {
			t.Errorf("%v is known", row.r)
		}
	}
	if got := (channel.Range{Class: 5}).Fault(); got != "no class of restart" {
		t.Errorf("class 5: %q", got)
	}
	far := one.Message()
	far.ConnID.VPCI = 256 + 2
	if !channel.Unknown(far) {
		t.Error("path 258 passes for path 2")
	}
	whole := all.Message()
	whole.ConnID = far.ConnID
	if channel.Unknown(whole) {
		t.Error("a RESTART of the whole link has no channel")
	}
}

// TestVPAssociated: the path is that of the signalling channel (Q.2931 4.5.16).
func TestVPAssociated(t *testing.T) {
	m := one.Message()
	m.ConnID.VPAssociated = true
	if got := channel.RangeOf(m); got != (channel.Range{Class: ie.RestartVC, VCI: 40}) {
		t.Errorf("read as %+v", got)
	}
	if ch, ok := channel.New(5).Named(m.ConnID); !ok || ch != (vc.ID{Link: 5, VCI: 40}) {
		t.Errorf("named %v, %v", ch, ok)
	}
}

// TestConnID: a channel is named exclusively, and read as the same.
func TestConnID(t *testing.T) {
	ch := vc.ID{Link: 5, VPI: 3, VCI: 99}
	id := channel.ConnID(ch)
	if id.Exclusive != ie.ExclusiveVCI || id.VPAssociated {
		t.Errorf("named %+v", id)
	}
	if got, ok := channel.New(5).Named(id); !ok || got != ch {
		t.Errorf("%v, %v", got, ok)
	}
	id.VPCI = uint16(vc.MaxVPI) + 1
	if got, ok := channel.New(5).Named(id); ok {
		t.Errorf("path %d is %v", id.VPCI, got)
	}
}
