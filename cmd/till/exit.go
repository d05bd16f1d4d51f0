package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tillpos/till/pos"
)

// Exit codes, fixed for scripts.
const (
	exitDone       = 0
	exitInternal   = 1
	exitUsage      = 2
	exitConfig     = 3
	exitDeclined   = 10
	exitPartial    = 11
	exitUnknown    = 12
	exitDevice     = 13
	exitNotSent    = 14
	exitJournal    = 15
	exitBadData    = 16
	exitPermission = 17
	exitDiffer     = 18
)

// stateExits is the exit code of a payment's state; a state that is not here is done.
var stateExits = map[pos.State]int{
	pos.StatePartial:         exitPartial,
	pos.StateDeclined:        exitDeclined,
	pos.StateRejectedLate:    exitDeclined,
	pos.StateRejectedInBatch: exitDeclined,
	pos.StateRefused:         exitBadData,
	pos.StateNotSent:         exitNotSent,
	pos.StateCreated:         exitUnknown,
	pos.StateSending:         exitUnknown,
	pos.StateUnknown:         exitUnknown,
	pos.StateReversing:       exitUnknown,
	pos.StateNeedsPerson:     exitUnknown,
}

// codeExits is the exit code of an error, by its code.
var codeExits = map[pos.Code]int{
	pos.CodeInternal: exitInternal,

	pos.CodeApproved: exitDone, pos.CodeAccepted: exitDone, pos.CodeConfirmed: exitDone,
	pos.CodePartial:  exitPartial,
	pos.CodeDeclined: exitDeclined, pos.CodeCallIssuer: exitDeclined, pos.CodeCardError: exitDeclined,
	pos.CodeCardExpired: exitDeclined, pos.CodeAVSDeclined: exitDeclined, pos.CodeCVVDeclined: exitDeclined,
	pos.CodeUnknown: exitUnknown, pos.CodeNeedsPerson: exitUnknown, pos.CodeInterrupted: exitUnknown,
	pos.CodeAbsent: exitUnknown, pos.CodeWrongAnswer: exitUnknown, pos.CodeSending: exitUnknown,
	pos.CodeReversing: exitUnknown,
	pos.CodeNotSent:   exitNotSent, pos.CodeCancelled: exitNotSent,

	pos.CodeSurchargeOff: exitPermission, pos.CodeSurchargeCard: exitPermission, pos.CodeSurchargeCap: exitPermission,
	pos.CodeFee: exitPermission,

	pos.CodeBusy: exitDevice, pos.CodeCardTimeout: exitDevice,

	pos.CodeLastPayment: exitDone, // only told
}

// groupExits is the exit code of the errors of a group that codeExits does not list.
var groupExits = map[string]int{
	"payment": exitBadData, // asked for something that cannot be done to that payment
	"amount":  exitBadData,
	"item":    exitBadData,
	"scan":    exitBadData,
	"cash":    exitBadData,
	"card":    exitBadData,
	"reader":  exitDevice,
	"printer": exitDevice,
	"pinpad":  exitDevice,
	"display": exitDevice,
	"scanner": exitDevice,
	"pin":     exitDevice, // no PIN came, so nothing was sent
	"device":  exitDevice,
	"journal": exitJournal,
	"config":  exitConfig,
	"staff":   exitPermission,
}

// exitError ends a command with a code of its own.
type exitError struct {
	code int
	text string
}

func (e *exitError) Error() string { return e.text }

// usage is an error of the command line.
func usage(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Sprintf(format, args...)}
}

// exitOf is the one place where an error becomes an exit code.
func exitOf(err error) int {
	var own *exitError
	if errors.As(err, &own) {
		return own.code
	}
	code := pos.CodeOf(err)
	if exit, ok := codeExits[code]; ok {
		return exit
	}
	name, _, _ := strings.Cut(string(code), ".")
	if exit, ok := groupExits[name]; ok {
		return exit
	}
	return exitInternal
}
