package msg

import "errors"

// ActionIndicator is the message action indicator, bits 2-1 of octet 7.
type ActionIndicator uint8

// The message action indicators.
const (
	ActionClear         ActionIndicator = 0 // clear the call
	ActionDiscard       ActionIndicator = 1 // discard and ignore
	ActionDiscardReport ActionIndicator = 2 // discard and report status
	ActionReserved      ActionIndicator = 3 // as ActionDiscardReport; not written
)

// Instruction is octet 7 of a message: what a receiver is to do that does not know the message or
// does not expect it. The zero value (no flag) asks for the regular error handling.
//
//	   8     7   6     5     4     3     2   1
//	+-----+---------+------+-----+-----+-------+
//	|  1  |  spare  | flag | res | spr | action|   octet 7 (Q.2931 4.4.1)
//	+-----+---------+------+-----+-----+-------+
type Instruction struct {
	Flag   bool            // follow the explicit instruction in Action
	Action ActionIndicator // 0 when Flag is not set
}

var errAction = errors.New("message action indicator reserved or without its flag")

func parseInstruction(o byte) Instruction {
	if o&0x10 == 0 {
		return Instruction{}
	}
	return Instruction{Flag: true, Action: ActionIndicator(o & 3)}
}

func (i Instruction) octet() (byte, error) {
	switch {
	case !i.Flag && i.Action == 0:
		return 0x80, nil
	case i.Flag && i.Action < ActionReserved:
		return 0x90 | byte(i.Action), nil
	}
	return 0, errAction
}
