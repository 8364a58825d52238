package ladder_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"callmanager/api/cmdpb"
	"callmanager/cmd/cmctl/ladder"
	"callmanager/signalling/sscop"
)

// errBroken is what a broken writer returns.
var errBroken = errors.New("broken")

// broken takes nothing.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errBroken }

// event makes a trace event of a message in hexadecimal, or of no message.
func event(t *testing.T, link string, sent bool, message string) *cmdpb.TraceEvent {
	t.Helper()
	data, err := hex.DecodeString(strings.ReplaceAll(message, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	p := sscop.PDU{Type: sscop.SD, Data: data}
	if len(data) == 0 {
		p.Type = sscop.POLL
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.Local)
	return &cmdpb.TraceEvent{Link: link, Sent: sent, Sdu: p.Append(nil), TimeNs: uint64(at.UnixNano())}
}

// What the ladder shows of each kind of message: the elements that matter, in words.
func TestLadderLines(t *testing.T) {
	const head = "03:04:05.000006  alice  "
	for _, c := range []struct {
		sent          bool
		message, want string
	}{
		{true, "0903 00000d 02 80 0009 5a 80 0005 88 0000 0020", "-- CALL PROCEEDING --------->  bob  13/ours  0/32"},
		{true, "0903 80000d 02 80 0009 5a 80 0005 88 0001 0040", "-- CALL PROCEEDING --------->  bob  13/theirs  1/64"},
		{false, "0903 80000d 5a 80 0006 08 80 0002 81 95", "<-------- RELEASE COMPLETE --  bob  13/ours  cause 21 call rejected at private network of the local user"},
		{false, "0903 00000d 80 80 0016 54 80 0003 00 0007 70 80 0006 91 3132333435 08 80 0000", "<--------------- ADD PARTY --  bob  13/theirs  to 12345 party 7"},
		{true, "0903 00000d 83 80 000d 54 80 0003 00 8007 08 80 0002 80 90", "-- DROP PARTY -------------->  bob  13/ours  party 7' cause 16 normal call clearing"},
		{true, "0903 00000d 84 80 0007 54 80 0003 00 0007", "-- DROP PARTY ACKNOWLEDGE -->  bob  13/ours  party 7"},
		{true, "0903 000000 46 80 000e 5a 80 0005 88 0001 0000 79 80 0001 81", "-- RESTART ----------------->  bob  global  1/0 all channels of the path"},
		{false, "0903 80000d 88 80 000c 59 80 0008 84 0003e8 85 0003e8", "<---------- MODIFY REQUEST --  bob  13/ours  PCR 1000/1000"},
		{true, "0903 00000d 7d 80 000b 14 80 0001 0a 08 80 0002 80 9e", "-- STATUS ------------------>  bob  13/ours  state active cause 30 response to STATUS ENQUIRY"},
		{true, "0903 00000d 91 80 0008 ea e0 0004 00000063", "-- LEAF SETUP REQUEST ------>  bob  13/ours  leaf sequence 99"},
		{true, "0903 7fffff 62 80 0000", "-- FACILITY ---------------->  bob  dummy"},
		{true, "", ""},
	} {
		var out bytes.Buffer
		l := &ladder.Ladder{Out: &out, Local: "alice", Remote: "bob"}
		if err := l.Add(event(t, "to-bob", c.sent, c.message)); err != nil {
			t.Fatal(err)
		}
		want := head + c.want + "\n"
		if c.want == "" {
			want = ""
		}
		if out.String() != want {
			t.Errorf("got  %q\nwant %q", out.String(), want)
		}
	}
	var out bytes.Buffer
	l := &ladder.Ladder{Out: &out, Local: "alice", Width: 8, All: true}
	for _, message := range []string{"", "0102"} {
		if err := l.Add(event(t, "to-bob", false, message)); err != nil {
			t.Fatal(err)
		}
	}
	want := head + "<-------------------- POLL --  to-bob    N(PS)=0 N(S)=0\n" +
		head + "<---------------------- SD --  to-bob    N(S)=0 (2 octets): q2931: no message: octet 3: message too short\n"
	if out.String() != want {
		t.Errorf("got  %q\nwant %q", out.String(), want)
	}
	if err := (&ladder.Ladder{Out: broken{}, All: true}).Add(event(t, "x", true, "")); !errors.Is(err, errBroken) {
		t.Errorf("a broken output: %v", err)
	}
}

// Colours tell direction and trouble, and change nothing else.
func TestLadderColours(t *testing.T) {
	const green, cyan, red = "\x1b[32m", "\x1b[36m", "\x1b[31m" // ECMA-48
	for _, c := range []struct {
		sent            bool
		message, colour string
	}{
		{true, "0903 00000d 07 80 0000", green},
		{false, "0903 00000d 07 80 0000", cyan},
		{false, "0903 00000d 4d 80 0006 08 80 0002 80 90", cyan},
		{true, "0903 00000d 4d 80 0006 08 80 0002 80 af", red},
	} {
		var plain, coloured bytes.Buffer
		for out, colour := range map[*bytes.Buffer]bool{&plain: false, &coloured: true} {
			l := &ladder.Ladder{Out: out, Local: "alice", Remote: "bob", Colour: colour}
			if err := l.Add(event(t, "", c.sent, c.message)); err != nil {
				t.Fatal(err)
			}
		}
		if !strings.Contains(coloured.String(), c.colour) || strings.Contains(plain.String(), "\x1b") {
			t.Errorf("%q, %q, want the colour %q", plain.String(), coloured.String(), c.colour)
		}
		if got := regexp.MustCompile("\x1b\\[[0-9]*m").ReplaceAllString(coloured.String(), ""); got != plain.String() {
			t.Errorf("%q without colours is %q", coloured.String(), got)
		}
	}
}

// One call is followed, by its reference and whose it is, on a link or on any.
func TestCallFilter(t *testing.T) {
	const ourSetup, toUs, other = "0903 00000d 07 80 0000", "0903 80000d 07 80 0000", "0903 00000e 07 80 0000"
	for _, c := range []struct {
		call, link string
		sent       bool
		message    string
		want       bool
	}{
		{"", "bob", true, other, true},
		{"13", "bob", true, ourSetup, true},
		{"13", "bob", false, toUs, true},
		{"13", "bob", false, ourSetup, true},
		{"13", "bob", true, other, false},
		{"13", "bob", true, "", false},
		{"bob:13", "bob", true, ourSetup, true},
		{"bob:13", "carol", true, ourSetup, false},
		{"bob:13/ours", "bob", true, ourSetup, true},
		{"bob:13/ours", "bob", false, toUs, true},
		{"bob:13/ours", "bob", false, ourSetup, false},
		{"13/theirs", "bob", false, ourSetup, true},
		{"13/theirs", "bob", true, toUs, true},
		{"a:b:13", "a:b", true, ourSetup, true},
	} {
		f, err := ladder.ParseFilter(c.call)
		if err != nil {
			t.Fatal(err)
		}
		e := event(t, c.link, c.sent, c.message)
		line := ladder.LineOf(e)
		if got := f.Matches(e, &line); got != c.want {
			t.Errorf("--call %q of %s, sent %t, %s: %t", c.call, c.link, c.sent, c.message, got)
		}
	}
	for _, s := range []string{"x", "bob:", "-1", "13/", "13/mine", "16777216"} {
		if _, err := ladder.ParseFilter(s); s != "13/" && (err == nil || !strings.HasPrefix(err.Error(), strconv.Quote(s)+": want a call reference")) {
			t.Errorf("--call %q: %v", s, err)
		}
	}
}
