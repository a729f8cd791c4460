"""Several CRMs behind one store and one authenticator, so that no protocol need know that there is more than one.

A login's realm picks the CRM (`logins`). Who has logged in carries his realm with him, and every call of his goes to
the store of that realm (`store`): there is no other way in, so what is another's does not exist for him.
"""
