package cm

import "callmanager/vc"

// vcEvent is what changes the data-plane state of a VC.
type vcEvent uint8

const (
	// evCreate is CreateVC, by the client or for an offer.
	evCreate vcEvent = iota
	// evActivate hands the call to its link, which activates the branch.
	evActivate
	// evActivated tells that the branch is active both ways.
	evActivated
	// evDeactivate asks the link to end the branch.
	evDeactivate
	// evDeactivated tells that the branch is inactive, asked for or not.
	evDeactivated
	// evDelete is DeleteVC by the creator.
	evDelete
)

const (
	numVCEvents = int(evDelete) + 1
	numVCStates = int(vc.Deactivating) + 1
)

var vcEventNames = [numVCEvents]string{
	evCreate: "CreateVC", evActivate: "ActivateVC", evActivated: "ActivateVC complete",
	evDeactivate: "DeactivateVC", evDeactivated: "DeactivateVC complete", evDelete: "DeleteVC",
}

// String names the event as the model does.
func (e vcEvent) String() string { return vcEventNames[e] }

type vcCell = cell[vc.State, struct{}]

func vcTo(next vc.State, text string) vcCell {
	return vcCell{kind: handleIt, next: []vc.State{next}, text: text}
}

var vcNever = vcCell{kind: impossibleIt}

// vcTable is the model's section 3.1, as far as the client model sees it: the
// link activates between the hand-over and its answer. A call may come and go
// without a channel, so Activating ends in Created as well. Reactivating is
// a VC whose call is being modified.
var vcTable = [numVCStates][numVCEvents]vcCell{
	vc.None: {
		evCreate: vcTo(vc.Created, "INV-1"), evActivate: vcNever, evActivated: vcNever,
		evDeactivate: vcNever, evDeactivated: vcNever, evDelete: vcNever,
	},
	vc.Created: {
		evCreate: vcNever, evActivate: vcTo(vc.Activating, "3.1"), evActivated: vcNever,
		evDeactivate: vcTo(vc.Deactivating, "an offer refused before its activation"),
		// The far side abandons an offer: nothing was active.
		evDeactivated: vcTo(vc.Created, "an offer abandoned before its activation"),
		evDelete:      vcTo(vc.None, "INV-9, INV-10"),
	},
	vc.Activating: {
		evCreate: vcNever, evActivate: vcNever, evActivated: vcTo(vc.Active, "INV-24"),
		evDeactivate: vcTo(vc.Deactivating, "INV-45"), evDeactivated: vcTo(vc.Created, "activation failed, INV-48"),
		evDelete: vcNever,
	},
	vc.Active: {
		evCreate: vcNever, evActivate: vcTo(vc.Reactivating, "INV-43"), evActivated: vcNever,
		evDeactivate: vcTo(vc.Deactivating, "INV-46"), evDeactivated: vcTo(vc.Created, "INV-47"),
		evDelete: vcNever,
	},
	vc.Reactivating: {
		evCreate: vcNever, evActivate: vcNever, evActivated: vcTo(vc.Active, "INV-44"),
		evDeactivate: vcTo(vc.Deactivating, "INV-45"), evDeactivated: vcTo(vc.Created, "INV-47"),
		evDelete: vcNever,
	},
	vc.Deactivating: {
		evCreate: vcNever, evActivate: vcNever, evActivated: vcNever,
		evDeactivate: vcNever, evDeactivated: vcTo(vc.Created, "INV-47"), evDelete: vcNever,
	},
}

// setVC is the one place where the data-plane state of a VC changes.
func (m *Machine) setVC(v *conn, ev vcEvent) {
	c := &vcTable[v.state][ev]
	note(tableVC, v.state, ev)
	if c.kind != handleIt {
		m.fault("VC %s: %s in state %s", v.handle, ev, v.state)
		return
	}
	v.state = c.next[0]
}
