-- +goose Up

-- Whether mail can be sent to a domain, as the domain name system last said (account).
-- A domain can be a person's own, so it stands here as its blind index. What could not be
-- found out is not written. Rows are forgotten when nobody goes by them any more.
CREATE TABLE mail_domain (
    domain_index   TEXT     PRIMARY KEY,
    domain_version INTEGER  NOT NULL,
    takes_mail     SMALLINT NOT NULL CHECK (takes_mail IN (0, 1)),
    looked_ms      BIGINT   NOT NULL
);
CREATE INDEX mail_domain_looked ON mail_domain (looked_ms);
