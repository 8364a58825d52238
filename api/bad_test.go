package api_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"callmanager/api"
	"callmanager/api/cmdpb"
)

// What does not parse or names no operation is answered and harms nothing.
func TestUnintelligible(t *testing.T) {
	h := startHost(t)
	c := h.open(t)
	whole, err := proto.Marshal(&cmdpb.ClientMessage{Request: 7, Op: &cmdpb.ClientMessage_MakeCall{MakeCall: &cmdpb.MakeCall{
		Vc: 1, Parameters: &cmdpb.CallParameters{Called: "peer", Bhli: []byte{1, 2, 3}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	future := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), 9)
	future = protowire.AppendBytes(protowire.AppendTag(future, 999, protowire.BytesType), []byte("of a later version"))
	badUTF8 := []byte("\x08\x09\x12\x05\x1a\x03\xff\xfe\xfd")
	for _, tc := range []struct {
		name    string
		sent    []byte
		request uint64
		status  cmdpb.Status
		words   string
	}{
		{"empty datagram", nil, 0, cmdpb.Status_INVALID_DATA, "number above 0"},
		{"half a message", whole[:len(whole)/2], 0, cmdpb.Status_INVALID_DATA, "does not parse"},
		{"noise", []byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), 0, cmdpb.Status_INVALID_DATA, "does not parse"},
		{"name that is no UTF-8", badUTF8, 0, cmdpb.Status_INVALID_DATA, "does not parse"},
		{"request 0", []byte("\xa2\x01\x00"), 0, cmdpb.Status_INVALID_DATA, "number above 0"},
		{"no operation", []byte("\x08\x05"), 5, cmdpb.Status_NOT_SUPPORTED, "version"},
		{"operation of a later version", future, 9, cmdpb.Status_NOT_SUPPORTED, "version"},
	} {
		before := h.counter("api_bad_messages")
		c.sendRaw(tc.sent)
		r := c.reply()
		if r.GetRequest() != tc.request || r.GetStatus() != tc.status || !strings.Contains(r.GetDetail(), tc.words) {
			t.Errorf("%s: %v, want request %d, %v, %q", tc.name, r, tc.request, tc.status, tc.words)
		}
		if got := h.counter("api_bad_messages") - before; got != 1 {
			t.Errorf("%s: counted %d times", tc.name, got)
		}
		c.alive()
	}
	for range 3 { // several in a row are no end either
		c.sendRaw(nil)
	}
	for range 3 {
		c.reply()
	}
	c.alive()
}

// Random octets and mutated messages neither end the connection nor hurt others.
func TestNoise(t *testing.T) {
	h := startHost(t)
	c, other := h.open(t), h.open(t)
	r := rand.New(rand.NewPCG(1, 2))
	seed, err := proto.Marshal(&cmdpb.ClientMessage{Request: 1 << 40, Op: &cmdpb.ClientMessage_RegisterSap{
		RegisterSap: &cmdpb.RegisterSAP{Address: "49.0001", Selector: 1, Bhli: []byte{1}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 500 {
		b := make([]byte, r.IntN(200))
		for j := range b {
			b[j] = byte(r.Uint32())
		}
		if i%2 == 0 {
			b = bytes.Clone(seed)
			b[r.IntN(len(b))] ^= 1 << r.IntN(8)
		}
		c.sendRaw(b)
		m, fds := c.receive() // each is answered, and with a Reply alone but where it meant a call
		if m.GetReply() == nil {
			t.Fatalf("%x is answered with %v", b, m)
		}
		closeAll(fds)
	}
	c.alive()
	other.alive()
}

func TestTooLong(t *testing.T) {
	h := startHost(t)
	// The largest one is served: padding by a number that is said again and again.
	message := func(octets int) []byte {
		b, err := proto.Marshal(&cmdpb.ClientMessage{Request: 3, Op: &cmdpb.ClientMessage_GetStatus{GetStatus: &cmdpb.GetStatus{}}})
		if err != nil {
			t.Fatal(err)
		}
		again, longer := []byte("\x08\x03"), []byte("\x08\x83\x00")
		if (octets-len(b))%len(again) != 0 {
			b = append(b, longer...)
		}
		return append(b, bytes.Repeat(again, (octets-len(b))/len(again))...)
	}
	c, other := h.open(t), h.open(t)
	c.sendRaw(message(api.MaxMessage))
	if r := c.reply(); r.GetStatus() != cmdpb.Status_SUCCESS || r.GetRequest() != 3 {
		t.Errorf("a message of %d octets: %v", api.MaxMessage, r)
	}
	c.sendRaw(message(api.MaxMessage + 1))
	c.wantGoodbye("more than 65536 octets")
	h.wantCounter(t, "api_truncated", 1)
	h.wantClients(t, 1)
	other.alive()
}

// Descriptors that a client sends are closed, whatever message they come with.
func TestStrayDescriptors(t *testing.T) {
	h := startHost(t)
	c := h.open(t)
	before := len(openFiles(t))
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = null.Close() }()
	status, err := proto.Marshal(&cmdpb.ClientMessage{Request: 1, Op: &cmdpb.ClientMessage_GetStatus{GetStatus: &cmdpb.GetStatus{}}})
	if err != nil {
		t.Fatal(err)
	}
	many := make([]int, api.MaxDescriptors)
	for i := range many {
		many[i] = int(null.Fd())
	}
	sent := 0
	for name, octets := range map[string][]byte{"a request": status, "noise": []byte("\xff\xff"), "an empty datagram": nil} {
		for _, fds := range [][]int{many[:1], many} {
			if octets == nil {
				c.sendEmpty(fds)
			} else {
				c.sendRaw(octets, fds...)
			}
			c.reply()
			if sent += len(fds); h.counter("api_stray_descriptors") != uint64(sent) {
				t.Errorf("%d descriptors with %s: %d counted, want %d", len(fds), name, h.counter("api_stray_descriptors"), sent)
			}
		}
	}
	c.alive()
	_ = null.Close()
	if files := openFiles(t); len(files) != before {
		t.Errorf("left open: %v", files)
	}
	// With a message that ends the connection, too.
	null, err = os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	c.sendRaw(make([]byte, api.MaxMessage+1), int(null.Fd()))
	_ = null.Close()
	c.wantGoodbye("more than")
	h.wantClients(t, 0)
}

// Each number that does not fit is named, in an answer that harms nothing.
func TestRefusedFields(t *testing.T) {
	h := startHost(t)
	c := h.openMinor(t, cmdpb.ModelMinor)
	c.split, c.quiet = true, true
	for _, tc := range refusedRequests {
		r := c.want(cmdpb.Status_INVALID_DATA, proto.CloneOf(tc.message))
		if !strings.Contains(r.GetDetail(), tc.words) {
			t.Errorf("%s: detail %q, want %q in it", tc.name, r.GetDetail(), tc.words)
		}
		// A call that fails has a cause.
		if calls := tc.message.GetMakeCall() != nil; calls != (r.GetCause().GetValue() == 100) {
			t.Errorf("%s: cause %v", tc.name, r.GetCause())
		}
	}
	if got, want := h.counter("api_bad_messages"), uint64(len(refusedRequests)); got != want {
		t.Errorf("counted %d, want %d", got, want)
	}
	for words, m := range map[string]*cmdpb.ClientMessage{
		"needs a kind":                      listOf(cmdpb.ListKind_LIST_UNSPECIFIED, ""),
		"list kind 9 is none":               listOf(9, ""),
		"list kind -1 is none":              listOf(-1, ""),
		`"half a token" is no page token`:   listOf(cmdpb.ListKind_VCS, "half a token"),
		`"1" is no page token`:              listOf(cmdpb.ListKind_CALLS, "1"),
		`there is no link "nowhere"`:        traceOn("nowhere"),
		`"` + strings.Repeat("x", 200) + "": listOf(cmdpb.ListKind_SAPS, strings.Repeat("x", 60000)),
	} {
		if r := c.want(cmdpb.Status_INVALID_DATA, m); !strings.Contains(r.GetDetail(), words) || len(r.GetDetail()) > api.MaxText+3 {
			t.Errorf("detail %q, want %q in it", r.GetDetail(), words)
		}
	}
	// A name that is far too long is told in short, too.
	h1 := c.want(cmdpb.Status_SUCCESS, createVC()).GetHandle().GetHandle()
	n := c.send(makeCall(h1, strings.Repeat("y", 65000)))
	if r := c.reply(); r.GetRequest() != n || r.GetStatus() == cmdpb.Status_SUCCESS || len(r.GetDetail()) > api.MaxText+3 {
		t.Errorf("a name of 65000 octets: %v", r)
	}
	c.alive()
}

// A client names only what is its own, and only what is.
func TestHandlesOfOthers(t *testing.T) {
	h := startHost(t)
	c, other := h.open(t), h.open(t)
	foreign := other.want(cmdpb.Status_SUCCESS, createVC()).GetHandle().GetHandle()
	for name, m := range map[string]func(uint64) *cmdpb.ClientMessage{
		"MakeCall": func(v uint64) *cmdpb.ClientMessage { return makeCall(v, "peer") },
		"DeleteVC": func(v uint64) *cmdpb.ClientMessage {
			return &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_DeleteVc{DeleteVc: &cmdpb.DeleteVC{Vc: v}}}
		},
		"CloseCall": func(v uint64) *cmdpb.ClientMessage {
			return &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_CloseCall{CloseCall: &cmdpb.CloseCall{Vc: v}}}
		},
		"ModifyCallQoS": func(v uint64) *cmdpb.ClientMessage {
			return &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_ModifyCallQos{ModifyCallQos: &cmdpb.ModifyCallQoS{Vc: v}}}
		},
		"IncomingCallComplete": func(v uint64) *cmdpb.ClientMessage {
			return &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_IncomingCallComplete{
				IncomingCallComplete: &cmdpb.IncomingCallComplete{Vc: v},
			}}
		},
		"RingDone": func(v uint64) *cmdpb.ClientMessage {
			return &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_RingDone{RingDone: &cmdpb.RingDone{Vc: v}}}
		},
		"DeregisterSAP": func(v uint64) *cmdpb.ClientMessage {
			return &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_DeregisterSap{DeregisterSap: &cmdpb.DeregisterSAP{Sap: v}}}
		},
	} {
		if r := c.want(cmdpb.Status_NOT_PERMITTED, m(foreign)); !strings.Contains(r.GetDetail(), "another client") {
			t.Errorf("%s of a stranger's VC: %q", name, r.GetDetail())
		}
		if name != "MakeCall" { // where it asks for a new one
			c.want(cmdpb.Status_FAILURE, m(0))
		}
		for _, none := range []uint64{1, foreign + 1, foreign + 1<<32, 1<<64 - 1} {
			c.want(cmdpb.Status_FAILURE, m(none))
		}
	}
	// The stranger's VC is as it was.
	other.want(cmdpb.Status_SUCCESS, &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_DeleteVc{DeleteVc: &cmdpb.DeleteVC{Vc: foreign}}})
}

// A client that is sent away may not go on, and its descriptors are gone.
func TestNothingAfterGoodbye(t *testing.T) {
	h := startHost(t)
	c := h.open(t)
	c.sendRaw(make([]byte, api.MaxMessage+1))
	c.wantGoodbye("octets")
	b, err := proto.Marshal(&cmdpb.ClientMessage{Request: 9, Op: &cmdpb.ClientMessage_CreateVc{CreateVc: &cmdpb.CreateVC{}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := sendmsg(c.fd, b, nil); err == nil {
		t.Error("a request after the goodbye is taken")
	}
	h.wantClients(t, 0)
}
