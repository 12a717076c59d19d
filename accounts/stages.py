"""The stage of a log-in between password and session."""

from allauth.core.internal.httpkit import headed_redirect_response
from allauth.mfa.stages import AuthenticateStage


class SecondFactorStage(AuthenticateStage):
    """allauth's stage, which leads to our page and trusts no browser for longer than a session."""

    urlname = "accounts:verify"

    def handle(self) -> tuple:
        """Ask when the person has a factor and has not just used a passkey."""
        if not self._should_handle(self.request):
            return None, True
        self.state["authentication_required"] = True
        return headed_redirect_response(self.urlname), True
