import type { ReactNode } from 'react';
import { Dialog, DialogTrigger, Heading, Modal, ModalOverlay, Pressable } from 'react-aria-components';
import { Button, type ButtonProps } from './button';
import { TEXTS } from './texts';
import { ui } from './styles';
import styles from './confirm-button.module.css';

interface ConfirmButtonProps {
  label: string;
  title: string;
  /** Consequence of the action, and whether it can be undone. */
  children: ReactNode;
  /** Label of the button that confirms. */
  confirm: string;
  onConfirm: () => void;
  /** After the dialog was closed, confirmed or not. */
  onClose?: () => void;
  variant?: ButtonProps['variant'];
  isPending?: boolean;
  /** Whether something is missing that the action needs. */
  isDisabled?: boolean;
}

/** Button that asks for confirmation before an action that affects others. */
export function ConfirmButton({
  label,
  title,
  children,
  confirm,
  onConfirm,
  onClose,
  variant,
  isPending,
  isDisabled = false,
}: ConfirmButtonProps) {
  return (
    <DialogTrigger onOpenChange={(isOpen) => !isOpen && onClose?.()}>
      <Pressable>
        <Button variant={variant} isPending={isPending}>
          {label}
        </Button>
      </Pressable>
      <ModalOverlay className={styles.overlay} isDismissable>
        <Modal className={styles.modal}>
          <Dialog role="alertdialog" className={styles.dialog}>
            {({ close }) => (
              <>
                <Heading slot="title">{title}</Heading>
                <div>{children}</div>
                <div className={`${ui.actions} ${styles.dialogActions}`}>
                  <Button onPress={close} autoFocus>
                    {TEXTS.goBack}
                  </Button>
                  <Button
                    variant={variant === 'danger' ? 'danger' : 'primary'}
                    isDisabled={isDisabled}
                    onPress={() => {
                      onConfirm();
                      close();
                    }}
                  >
                    {confirm}
                  </Button>
                </div>
              </>
            )}
          </Dialog>
        </Modal>
      </ModalOverlay>
    </DialogTrigger>
  );
}
