package msg_test

import (
	"fmt"

	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// A RELEASE is written and read; the receiver does not know one of its elements.
func ExampleDecode() {
	m := msg.Message{
		CallRef: msg.CallRef{Value: 13},
		Type:    msg.Release,
		Causes:  []ie.Cause{{Value: ie.CauseNormalClearing}},
		Unknown: []ie.Unknown{{Raw: []byte{0x33, 0x80, 0, 1, 0}}},
	}
	b, err := m.Append(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	got, v, err := msg.Decode(b, msg.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(got)
	fmt.Printf("%s: %s %x\n", v.Decision, v.Cause, v.Diagnostics)
	// Output:
	// RELEASE 13 cause 16 normal call clearing unknown 33
	// accept and report: information element non-existent or not implemented 33
}
