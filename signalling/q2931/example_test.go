package q2931_test

import (
	"fmt"

	"callmanager/signalling/q2931"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// A user refuses a call that the network offers.
func ExampleCall_Step() {
	c := q2931.NewCall(q2931.User, msg.CallRef{Value: 5, Flag: true}, &q2931.Timers{})
	c.Step(q2931.MsgSetup, q2931.Input{Msg: &msg.Message{Type: msg.Setup}})
	fmt.Println(c.State(), c.State().Name())
	busy := ie.Cause{Value: ie.CauseUserBusy}
	for _, e := range c.Step(q2931.RspRelease, q2931.Input{Cause: busy}) {
		if e.Kind == q2931.Send {
			fmt.Println(e.Msg.Type, e.Msg.Causes[0].Value)
		}
	}
	fmt.Println(c.State(), c.State().Name())
	// Output:
	// U6 call present
	// RELEASE COMPLETE user busy
	// U0 null
}
