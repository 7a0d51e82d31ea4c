package bitrix

import (
	"net/http"
	"slices"
	"strings"
)

// kindRule says by what a server's answer is known to be of a kind: one of
// the codes, in any case; or a part of the description, where the code says
// nothing or is one of `with`.
type kindRule struct {
	kind  error
	codes []string
	texts []string
	with  []string
}

// emptyCodes say nothing: classic CRM methods answer with an empty code, and
// newer ones with the number of a PHP exception.
var emptyCodes = [...]string{"", "0", "100"}

// kindRules is the one table of the server's words. The first rule that fits
// decides, so the special ones stand before ACCESS_DENIED.
// https://apidocs.bitrix24.com/_includes/system-errors.html
func kindRules() []kindRule {
	return []kindRule{
		{kind: ErrExpiredToken, codes: []string{CodeExpiredToken, CodeInvalidToken, CodeNoAuthFound}},
		{kind: ErrInvalidGrant, codes: []string{CodeInvalidGrant, CodeBadVerificationCode}},
		{kind: ErrInvalidClient, codes: []string{CodeInvalidClient, CodeWrongClient}},
		{kind: ErrNotInstalled, codes: []string{CodeNotInstalled, CodeErrorOAuth}},
		{kind: ErrNoREST, codes: []string{CodePaymentRequired}, texts: []string{TextCommercialPlans}, with: []string{CodeAccessDenied}},
		{kind: ErrBadLink, texts: []string{"link check failed"}, with: []string{CodeAccessDenied}},
		{kind: ErrUserInactive, codes: []string{CodeAuthorizationError}},
		{kind: ErrUserNotAllowed, codes: []string{CodeUserAccessError, CodeNotIntranetUser}},
		{kind: ErrInsufficientScope, codes: []string{CodeInsufficientScope, "invalid_scope"}},
		{kind: ErrMethodNotFound, codes: []string{CodeMethodNotFound}},
		{kind: ErrQueryLimit, codes: []string{CodeQueryLimitExceeded}},
		{kind: ErrOperationTimeLimit, codes: []string{CodeOperationTimeLimit}},
		{kind: ErrOverload, codes: []string{CodeOverloadLimit}},
		{kind: ErrPortalDeleted, codes: []string{CodePortalDeleted}},
		{
			kind: ErrAlreadyBound, codes: []string{CodeActivityInstalled},
			texts: []string{TextAlreadyBound}, with: []string{CodeCore},
		},
		{
			kind: ErrNotFound, codes: []string{CodeNotFound, CodeErrorNotFound, CodeOwnerNotFound},
			texts: []string{"not found"},
		},
		{
			kind: ErrAccessDenied, codes: []string{CodeAccessDenied, CodeWrongAuthType, "INVALID_CREDENTIALS"},
			texts: []string{"access denied"},
		},
		{kind: ErrUnexpectedAnswer, codes: []string{CodeUnexpectedAnswer}},
	}
}

// Is reports whether the error is of the given kind.
func (e *Error) Is(kind error) bool {
	switch {
	case kind == ErrLostAnswer:
		return e.Lost
	case e.Status == 0:
		return false // no answer: the cause, which errors.Is asks next, says it all
	default:
		return kind == e.kind()
	}
}

// kind classifies the server's own words; nil if they are a business error
// of one method that has no kind.
func (e *Error) kind() error {
	for _, rule := range kindRules() {
		if rule.fits(e) {
			return rule.kind
		}
	}
	return nil
}

func (k kindRule) fits(e *Error) bool {
	if slices.ContainsFunc(k.codes, e.HasCode) {
		return true
	}
	if len(k.texts) == 0 || !slices.ContainsFunc(emptyCodes[:], e.HasCode) && !slices.ContainsFunc(k.with, e.HasCode) {
		return false
	}
	description := strings.ToLower(e.Description)
	return slices.ContainsFunc(k.texts, func(t string) bool {
		return strings.Contains(description, strings.ToLower(t))
	})
}

// refusedBeforeRun reports whether the portal refused the call before the
// method ran: the order of its checks is portal, method, token, rights of the
// application, scope, limits, and only then the method itself.
func (e *Error) refusedBeforeRun() bool {
	switch e.kind() {
	case ErrExpiredToken, ErrNotInstalled, ErrNoREST, ErrUserInactive, ErrUserNotAllowed, ErrInsufficientScope,
		ErrMethodNotFound, ErrQueryLimit, ErrOperationTimeLimit, ErrOverload, ErrPortalDeleted:
		return true
	}
	return e.Status == http.StatusRequestEntityTooLarge || e.Status == http.StatusRequestURITooLong
}
