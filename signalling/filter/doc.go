// Package filter says which incoming calls a SAP takes: the called address with
// the wildcards of the model, the higher layer information (B-HLI) and the lower
// layer information (B-LLI).
//
//	            model (CO_SAP, ATM_SAP)   Filter
//	address     one address               Address, Selector
//	            ANY_AESA_SEL              Address, AnySelector
//	            ANY_AESA_REST             Selector alone: all but the selector is any
//	            ANY                       neither
//	B-HLI       ABSENT / ANY / value      BHLIAbsent / neither / BHLI
//	B-LLI       ABSENT / ANY / values     BLLIAbsent / neither / BLLI, up to three
//
// Any address is any of the daemon's own; an E.164 number has selector 0. The call
// goes to the most specific filter that takes it ([Filter.Match]): the address counts
// most, then the selector, the B-HLI and the B-LLI. Two filters that the same call
// could meet with the same rank overlap, and only one of them may be registered
// (INV-16), so the choice never depends on an order.
//
// Concurrency: values are plain data.
//
//	f, err := filter.Normal(filter.Filter{Selector: 7, BLLIAbsent: true})
//	rank := f.Match(called, bhli, bllis) // -1: not for this one
package filter
